// Rows as `pg` gives them -> the objects of the schema.
import { given } from './given.mjs'

const publicId = (prefix, id) => prefix + id.replaceAll('-', '')
const cursor = (...keys) => Buffer.from(keys.join(' ')).toString('base64url')
const locale = shop => (shop.locale.toLowerCase().startsWith('en') ? 'label_en' : 'label_zh')

/** The UUID of a public id; null for one that is none. */
export function uuid (prefix, text) {
  const hex = text.startsWith(prefix) ? text.slice(prefix.length) : ''
  return /^[0-9a-f]{32}$/.test(hex)
    ? `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    : null
}

export function page (edges, more) {
  const last = edges.at(-1)
  return { edges, pageInfo: { hasNextPage: more, endCursor: last === undefined ? null : last.cursor } }
}

export const ticket = row => ({
  uuid: row.id,
  shopId: row.shop_id,
  orderId: row.order_id,
  assigneeId: row.assignee_id,
  clockStartedAt: row.clock_started_at,
  id: publicId('tkt_', row.id),
  number: row.number,
  kind: row.kind,
  status: row.status,
  outcome: row.outcome,
  version: row.version,
  round: row.round,
  policyVersion: row.policy_version,
  openedAt: row.opened_at,
  updatedAt: row.updated_at,
  deadlineAt: row.deadline_at,
  urgency: row.urgency,
  promisedPickupAt: row.promised_pickup_at,
  promiseEndsAt: row.promise_ends_at,
  promiseBrokenAt: row.promise_broken_at,
  repliedAt: row.replied_at,
  completedAt: row.completed_at,
  escalatedAt: row.escalated_at,
  moneyAtRisk: row.money_at_risk
})

export const ticketEdge = row => ({ cursor: cursor(row.deadline_at, row.id), node: ticket(row) })

export const streamCursor = rows => cursor(...rows.map(row => `${row.id}:${row.head}`))

/** Why a clock stands where it does (domain/sla.py, `explain`). */
export function deadlineExplanation (it) {
  const end = it.deadlineAt ?? it.repliedAt ?? it.completedAt
  const segments = end === null || end <= it.clockStartedAt
    ? []
    : [{ from: it.clockStartedAt, to: end, reason: 'REPLY_WINDOW', counted: true }]
  return { deadlineAt: it.deadlineAt, policyVersion: it.policyVersion, segments }
}

const scheme = (row, shop) => ({
  code: row.code,
  label: row[locale(shop)],
  requires: row.requires,
  longestPromiseHours: row.longest_promise_hours,
  stopsClock: row.stops_clock
})

/** How a ticket may be replied to now. */
export const availableReplies = (it, shop) =>
  ['NORMAL', 'WARNING', 'CRITICAL'].includes(it.urgency)
    ? given.schemes.filter(row => row.kinds.includes(it.kind)).map(row => scheme(row, shop))
    : []

export const shop = row => ({ id: publicId('shp_', row.id), name: row.name, market: row.market, locale: row.locale })

export const staffMember = row => ({ id: publicId('stf_', row.id), displayName: row.display_name })

export const order = row => ({
  uuid: row.id,
  id: publicId('ord_', row.id),
  number: row.number,
  status: row.status,
  buyerNick: row.buyer_nick,
  itemTitle: row.item_title,
  quantity: row.quantity,
  paidAmount: row.paid_amount,
  paidAt: row.paid_at,
  shipBy: row.ship_by,
  shippedAt: row.shipped_at,
  pickedUpAt: row.picked_up_at,
  refundedAt: row.refunded_at,
  closedAt: row.closed_at
})

export const parcel = row => ({
  uuid: row.id,
  replacedById: row.replaced_by_id,
  id: publicId('pcl_', row.id),
  carrier: row.carrier,
  waybillNumber: row.waybill_number,
  shippedAt: row.shipped_at,
  shippedAtEstimated: row.shipped_at_estimated,
  pickedUpAt: row.picked_up_at,
  current: row.replaced_at === null,
  replacedAt: row.replaced_at,
  warnings: row.warnings.map(code => ({ code, message: given.warnings[code] }))
})

const scan = row => ({
  id: publicId('trk_', row.id),
  occurredAt: row.occurred_at,
  receivedAt: row.received_at,
  code: row.code,
  description: row.description,
  source: row.source,
  provesPickup: row.proves_pickup
})

export const scanEdge = row => ({ cursor: cursor(row.occurred_at, row.id), node: scan(row) })

const record = (row, shopId) => ({
  uuid: row.id,
  shopId,
  id: publicId('rec_', row.id),
  position: row.position,
  action: row.action,
  actor: { kind: row.actor_kind, name: row.actor_name },
  occurredAt: row.occurred_at,
  note: row.note,
  deadlineBefore: row.deadline_before,
  deadlineAfter: row.deadline_after,
  reminderMinutes: row.reminder_minutes
})

export const recordEdge = (row, shopId) => ({ cursor: cursor(row.position), node: record(row, shopId) })

export const reply = (row, itsShop) => ({
  scheme: scheme(given.schemes.find(each => each.code === row.scheme_code), itsShop),
  note: row.note,
  promisedPickupAt: row.promised_at,
  proofUrls: row.proof_urls
})

export const waybillChange = row => ({ fromId: row.from_parcel_id, toId: row.to_parcel_id, reason: row.reason })

export const card = row => ({
  id: publicId('crd_', row.id),
  kind: row.kind,
  title: row.title,
  body: row.body,
  createdAt: row.created_at,
  delivery: row.delivery,
  deliveredAt: row.delivered_at
})

export const complaint = row => ({
  id: publicId('cmp_', row.id),
  status: row.status,
  violation: row.violation,
  filedAt: row.filed_at,
  ruledAt: row.ruled_at,
  statement: row.statement,
  proofUrls: row.proof_urls,
  estimatedCompensation: row.estimated_compensation,
  compensation: row.compensation,
  penaltyPoints: row.penalty_points,
  reason: row.reason
})
