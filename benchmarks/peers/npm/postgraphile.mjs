// PostGraphile 5 with its standard preset on the tables as they are, served by Grafserv on node:http, without
// GraphiQL, watching, plan explanations and mutations.
import { createServer } from 'node:http'
import { grafserv } from 'grafserv/node'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { endWith, given, options } from './given.mjs'

const pgl = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: given.database_url,
      poolConfig: {
        max: given.connections,
        min: given.connections,
        idleTimeoutMillis: 0,
        application_name: given.session.application_name,
        options
      },
      schemas: ['public'],
      pubsub: false
    })
  ],
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false, websockets: false },
  schema: { defaultBehavior: '-insert -update -delete' }
})
const server = createServer()
server.on('error', error => { throw error })
const serv = pgl.createServ(grafserv)
await serv.addTo(server)
endWith(async () => {
  server.close()
  server.closeAllConnections()
  await pgl.release()
})
server.listen({ host: '127.0.0.1', port: given.port })
