// What a peer is started with (benchmarks/peers/given.py): one JSON file whose path is in the environment.
import { readFileSync } from 'node:fs'

export const given = JSON.parse(readFileSync(process.env.LANSHOU_BENCH_PEER, 'utf8'))

/** The session's settings as libpq's `options`. */
export const options = Object.entries(given.session)
  .filter(([name]) => name !== 'application_name')
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ')

/** The servers are ended by SIGTERM. */
export function endWith (close) {
  process.once('SIGTERM', async () => {
    await close()
    process.exit(0)
  })
}
