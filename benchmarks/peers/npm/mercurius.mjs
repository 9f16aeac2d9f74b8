// Mercurius as its documentation has one write it: Fastify, a schema, resolvers for the roots, a loader for each
// way from row to row, `jit: 1`. Every statement is prepared (named), one pool.
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { GraphQLScalarType } from 'graphql'
import mercurius from 'mercurius'
import pg from 'pg'
import { endWith, given, options } from './given.mjs'
import * as rows from './rows.mjs'

// PostgreSQL's text in UTC is the API's own but for two letters: a Date between them would only cost.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, text => {
  const moment = text.slice(0, 10) + 'T' + text.slice(11, 19)
  const fraction = text.indexOf('.') === 19 ? text.slice(20, text.indexOf('+')) : ''
  return `${moment}.${fraction.padEnd(3, '0').slice(0, 3)}Z`
})
const pool = new pg.Pool({
  connectionString: given.database_url,
  max: given.connections,
  min: given.connections,
  idleTimeoutMillis: 0,
  application_name: given.session.application_name,
  options
})

/** The rows of a statement, within the viewer's shops. */
async function fetch (name, ...values) {
  const found = await pool.query({ name, text: given.statements[name], values: [given.shop_ids, ...values] })
  return found.rows
}

/** Rows by the value of a column. */
async function byOne (name, column, keys) {
  const wanted = [...new Set(keys)]
  const found = wanted.length === 0 ? [] : await fetch(name, wanted)
  return new Map(found.map(row => [row[column], row]))
}

/** Lists of rows by the value of a column. */
async function byMany (name, column, keys, ...values) {
  const found = new Map(keys.map(key => [key, []]))
  for (const row of await fetch(name, [...found.keys()], ...values)) found.get(row[column]).push(row)
  return found
}

/** A loader to one row. */
function toOne (name, column, key, show) {
  return async queries => {
    const keys = queries.map(({ obj }) => key(obj))
    const found = await byOne(name, column, keys.filter(each => each !== null))
    return keys.map(each => (found.has(each) ? show(found.get(each)) : null))
  }
}

/** A loader to all rows. */
function toMany (name, column, show) {
  return async queries => {
    const found = await byMany(name, column, queries.map(({ obj }) => obj.uuid))
    return queries.map(({ obj }) => found.get(obj.uuid).map(show))
  }
}

async function followUps (queries) {
  const { params } = queries[0]
  const backward = params.last !== undefined && params.last !== null
  const count = backward ? params.last : params.first ?? 50
  const name = backward ? 'last_records' : 'first_records'
  const found = await byMany(name, 'ticket_id', queries.map(({ obj }) => obj.uuid), count + 1)
  return queries.map(({ obj }) => {
    const all = found.get(obj.uuid)
    const shown = backward ? all.slice(-count) : all.slice(0, count)
    const edges = shown.map(row => rows.recordEdge(row, obj.shopId))
    return rows.page(edges, !backward && all.length > count)
  })
}

async function trackingEvents (queries) {
  const count = queries[0].params.first
  const found = await byMany('scans', 'parcel_id', queries.map(({ obj }) => obj.uuid), count + 1)
  return queries.map(({ obj }) => {
    const all = found.get(obj.uuid)
    return rows.page(all.slice(0, count).map(rows.scanEdge), all.length > count)
  })
}

async function availableReplies (queries) {
  const shops = await byOne('shops', 'id', queries.map(({ obj }) => obj.shopId))
  return queries.map(({ obj }) => rows.availableReplies(obj, shops.get(obj.shopId)))
}

async function reply (queries) {
  const replied = queries.map(({ obj }) => obj).filter(obj => obj.action === 'REPLIED')
  const [found, shops] = await Promise.all([
    byOne('replies', 'record_id', replied.map(obj => obj.uuid)),
    byOne('shops', 'id', replied.map(obj => obj.shopId))
  ])
  return queries.map(({ obj }) => found.has(obj.uuid) ? rows.reply(found.get(obj.uuid), shops.get(obj.shopId)) : null)
}

const CHANGES = ['REPLIED', 'WAYBILL_CHANGED']
const loaders = {
  Ticket: {
    shop: toOne('shops', 'id', it => it.shopId, rows.shop),
    order: toOne('orders', 'id', it => it.orderId, rows.order),
    assignee: toOne('staff', 'id', it => it.assigneeId, rows.staffMember),
    availableReplies,
    followUps,
    cards: toMany('cards', 'ticket_id', rows.card),
    complaint: toOne('complaints', 'ticket_id', it => it.uuid, rows.complaint)
  },
  Order: { parcels: toMany('parcels_of_orders', 'order_id', rows.parcel) },
  Parcel: { replacedBy: toOne('parcels', 'id', it => it.replacedById, rows.parcel), trackingEvents },
  FollowUpRecord: {
    reply,
    waybillChange: toOne(
      'waybill_changes', 'record_id', it => (CHANGES.includes(it.action) ? it.uuid : null), rows.waybillChange
    )
  },
  WaybillChange: {
    from: toOne('parcels', 'id', it => it.fromId, rows.parcel),
    to: toOne('parcels', 'id', it => it.toId, rows.parcel)
  }
}

const resolvers = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: value => value }),
  Money: new GraphQLScalarType({ name: 'Money', serialize: value => value }),
  Query: {
    async tickets (_, { first }) {
      const found = await fetch('tickets', first + 1)
      return rows.page(found.slice(0, first).map(rows.ticketEdge), found.length > first)
    },
    async ticket (_, { id }) {
      const found = await fetch('ticket', rows.uuid('tkt_', id))
      return found.length === 0 ? null : rows.ticket(found[0])
    }
  },
  TicketConnection: { streamCursor: async () => rows.streamCursor(await fetch('stream_heads')) },
  Ticket: { deadlineExplanation: rows.deadlineExplanation }
}

const app = Fastify()
app.register(mercurius, {
  schema: readFileSync(new URL('mercurius.graphql', import.meta.url), 'utf8'),
  resolvers,
  loaders,
  jit: 1,
  // Its scalars and enums are already what the answer shows.
  compilerOptions: { disableLeafSerialization: true }
})
endWith(async () => {
  await app.close()
  await pool.end()
})
await app.listen({ host: '127.0.0.1', port: given.port })
