"""The documents that are measured, as a client sends them."""

QUEUE = """
query Queue { tickets(first: 50) {
  edges { cursor node {
    id number kind status version round openedAt deadlineAt urgency moneyAtRisk
    order { id number status buyerNick itemTitle quantity paidAmount paidAt shippedAt }
    followUps(last: 3) { edges { node { id position action occurredAt note deadlineAfter reminderMinutes
      actor { kind name } } } }
  } }
  pageInfo { hasNextPage endCursor } streamCursor
} }"""
QUEUE_AFTER = QUEUE.replace("query Queue {", "query Queue($after: String) {").replace(
    "first: 50", "first: 50, after: $after"
)
"""The same page anywhere in the list."""
ENDS = """
query Ends($first: Int!, $after: String) {
  tickets(first: $first, after: $after) { pageInfo { endCursor } }
}"""
"""How a client walks a list whose rows it does not want."""
DETAIL = """
query Detail($id: ID!) { ticket(id: $id) {
  id number kind status outcome version round policyVersion openedAt updatedAt deadlineAt urgency
  promisedPickupAt promiseEndsAt promiseBrokenAt repliedAt completedAt escalatedAt moneyAtRisk
  shop { id name market locale }
  assignee { id displayName }
  order {
    id number status buyerNick itemTitle quantity paidAmount
    paidAt shipBy shippedAt pickedUpAt refundedAt closedAt
    parcels {
      id carrier waybillNumber shippedAt shippedAtEstimated pickedUpAt current replacedAt replacedBy { id }
      warnings { code message }
      trackingEvents(first: 20) {
        edges { node { id occurredAt receivedAt code description source provesPickup } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
  deadlineExplanation { deadlineAt policyVersion segments { from to reason counted } }
  availableReplies { code label requires longestPromiseHours stopsClock }
  followUps(first: 50) {
    edges { node {
      id position action occurredAt note deadlineBefore deadlineAfter reminderMinutes actor { kind name }
      reply { scheme { code label } note promisedPickupAt proofUrls }
      waybillChange { from { id carrier waybillNumber } to { id carrier waybillNumber } reason }
    } }
    pageInfo { hasNextPage endCursor }
  }
  cards { id kind title body createdAt delivery deliveredAt }
  complaint {
    id status violation filedAt ruledAt statement proofUrls
    estimatedCompensation compensation penaltyPoints reason
  }
} }"""
REPLY = """
mutation Reply($input: ReplyToTicketInput!) { replyToTicket(input: $input) {
  __typename
  ... on TicketPayload { position
    ticket { id status version promiseEndsAt } record { id position action } card { id title body } }
} }"""
REPLY_TO_MANY = """
mutation ReplyToMany($input: ReplyToTicketsInput!) { replyToTickets(input: $input) {
  succeeded failed error { code message }
  results { ticketId position error { code message } ticket { id status version deadlineAt promiseEndsAt
    order { number buyerNick } } }
} }"""
RECORD_ORDERS = """
mutation RecordOrders($input: RecordOrdersInput!) { recordOrders(input: $input) {
  created updated unchanged failed error { code message }
  rows { index outcome id error { code message } }
} }"""
