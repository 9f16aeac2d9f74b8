"""Every other list of the contract, and what stands below one thing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain import ids
from domain.ids import IdKind
from tests.explain.cases import DAY, PAGE, Case
from tests.explain.tickets import COUNTED
from tests.figures.asking import FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.access import Viewer
    from tests.explain.cases import World

TICKET = """
query ($id: ID!) { ticket(id: $id) {
  id number status outcome version round openedAt updatedAt deadlineAt urgency moneyAtRisk
  shop { id name } availableReplies { code label }
  deadlineExplanation { segments { from to reason exemption { id } } }
  cards { id kind title body delivery } complaint { id status ticket { id } }
  followUps(first: 50) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
    id position action occurredAt note actor { kind name } reply { note scheme { code } }
    waybillChange { from { waybillNumber } to { waybillNumber } }
  } } }
  order { id number status urgeDecision { pickup { allowed existingTicket { id } } }
    parcels { id carrier waybillNumber current replacedBy { id }
      trackingEvents(first: 20) { totalCount edges { cursor node { id code occurredAt } } } }
    tickets(first: 5) { totalCount edges { cursor node { id } } } }
} }"""
RECORDS = """
query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { ticket(id: $id) {
  list: followUps(first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } }
} }"""
SCANS = """
query ($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Parcel {
  list: trackingEvents(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id } } }
} } }"""
URGES = """
query ($id: ID!, $first: Int, $after: String) { order(id: $id) {
  list: tickets(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id } } }
} }"""
ORDER = """
query ($shop: ID!, $number: String!) { order(shopId: $shop, number: $number) {
  id number shop { name } urgeDecision { pickup { allowed } shipment { allowed } }
  parcels { id trackingEvents(first: 5) { edges { node { code } } } }
} }"""
NODES = """
query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
  ... on Ticket { number order { number } } ... on Parcel { order { number } }
  ... on FollowUpRecord { ticket { number } } ... on Complaint { ticket { number } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
SHOPS = """
query ($search: String, $first: Int, $after: String) {
  list: shops(search: $search, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id name } } }
}"""
TEAM = """
query ($id: ID!) { node(id: $id) { ... on Shop { queueCounts { awaitingReply }
  staff(first: 50) { totalCount edges { cursor node { id displayName openTicketCount } } } } } }"""
COMPLAINTS = """
query ($filter: ComplaintFilter, $first: Int = 50, $after: String) {
  list: complaints(filter: $filter, first: $first, after: $after) {
    totalCount totalCountCapped pageInfo { hasNextPage endCursor }
    edges { cursor node { id status filedAt estimatedCompensation compensation ticket { number } } }
  }
}"""
EXEMPTIONS = """
query ($activeAt: DateTime, $first: Int, $after: String) {
  list: exemptions(activeAt: $activeAt, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { cursor node { id title from to affectedTickets retimedTickets } } }
}"""
TEMPLATES = "query ($shop: ID!) { replyTemplates(shopId: $shop) { id title body } }"
WEBHOOKS = """
query ($shop: ID!) { webhooks(shopId: $shop) { id url events
  deliveries(first: 20) { totalCount pageInfo { hasNextPage } edges { cursor node { id status event } } }
} }"""
COUNTS = """
query ($shops: [ID!]) { queueCounts(shopIds: $shops) { awaitingReply replied awaitingPickup warning critical
  overdue escalatedToday unassigned moneyAtRisk shop { id name } } }"""
ME = "{ viewer { subject memberships { id shop { name } } shops(first: 50) { edges { node { id name } } } } }"
MEMBERS = 12
BINS = 200
"""Of a histogram that a member fills in a week."""
BELOW = 200
"""Rows below one thing."""
FEW_SORTED = 50
"""What is sorted although it grows: what hangs on one thing, and the members of a shop."""


def all_of(world: World) -> Iterator[Case]:
    """Every list but tickets and orders."""
    yield from _below(world)
    yield from _by_id(world)
    yield from _of_shops(world)
    yield from _complaints(world)
    yield from _figures(world)


def _below(world: World) -> Iterator[Case]:
    ticket, order = (
        world.public(kind, name) for kind, name in ((IdKind.TICKET, "ticket"), (IdKind.ORDER, "order"))
    )
    parcel = world.public(IdKind.PARCEL, "parcel")
    number = {
        "shop": ids.encode(IdKind.SHOP, world.filled.shops[0]),
        "number": world.filled.some["order_number"],
    }
    for name, viewer in _everybody(world):
        small = Case(group="", name=name, viewer=viewer, document="", rows=BELOW, sorted=FEW_SORTED)
        yield replace(small, group="order by number", document=ORDER, variables=number)
        parts = [("trackingEvents", SCANS, parcel), ("order.tickets", URGES, order)]
        if viewer is not world.integration:
            yield replace(small, group="ticket with all below", document=TICKET, variables={"id": ticket})
            parts.append(("followUps", RECORDS, ticket))
        for group, document, public in parts:
            first = {"id": public, "first": 2}
            yield replace(small, group=group, document=document, variables=first)
            if group == "followUps":
                yield replace(
                    small, group=f"{group}, the last", document=document, variables={"id": public, "last": 2}
                )


def _by_id(world: World) -> Iterator[Case]:
    things = {
        "Ticket": (IdKind.TICKET, "ticket"),
        "Order": (IdKind.ORDER, "order"),
        "Parcel": (IdKind.PARCEL, "parcel"),
        "TrackingEvent": (IdKind.TRACKING_EVENT, "scan"),
        "FollowUpRecord": (IdKind.FOLLOW_UP_RECORD, "record"),
        "ConsumerCard": (IdKind.CONSUMER_CARD, "card"),
        "Complaint": (IdKind.COMPLAINT, "complaint"),
        "StaffMember": (IdKind.STAFF_MEMBER, "member"),
        "Exemption": (IdKind.EXEMPTION, "exemption"),
        "Webhook": (IdKind.WEBHOOK, "webhook"),
        "WebhookDelivery": (IdKind.WEBHOOK_DELIVERY, "delivery"),
    }
    public = {name: world.public(*thing) for name, thing in things.items()}
    for name, viewer in _everybody(world):
        small = Case(group="", name=name, viewer=viewer, document="", rows=BELOW, sorted=FEW_SORTED)
        for kind, each in public.items():
            yield replace(small, group=f"node: {kind}", document=NODE, variables={"id": each})
        variables = {"ids": (list(public.values()) * 20)[:200]}
        yield replace(
            small, group="nodes: 200", document=NODES, variables=variables, rows=200 * 20, sorted=200
        )


def _figures(world: World) -> Iterator[Case]:
    """A quarter of a year, and a week by hours, of the largest shop; it begins and ends within an hour."""
    shop = ids.encode(IdKind.SHOP, world.filled.shops[0])
    for days, bucket in ((90, "DAY"), (90, "WEEK"), (7, "HOUR")):
        variables = {"shop": shop, "from": world.ago(days * DAY), "to": world.ago(0 * DAY), "bucket": bucket}
        # Sums by hour, day and week of the shop and of each of its members, with the bins of each; orders
        # and facts of what is no whole day.
        rows = 3 * (2 * 24 + 400) + MEMBERS * (2 * 24 + days + 26 * BINS) + 3 * world.filled.tickets // 50
        for name, viewer in (("one shop", world.one), ("platform", world.platform)):
            yield Case(
                group=f"shopFigures: {bucket}",
                name=name,
                viewer=viewer,
                document=FIGURES,
                variables=variables,
                rows=rows,
                sorted=rows,
            )


def _of_shops(world: World) -> Iterator[Case]:
    unclosed = world.filled.tickets * 9 // 100
    shops = [ids.encode(IdKind.SHOP, each) for each in world.filled.shops]
    for name, viewer in _everybody(world):
        # A buyer's shops are those of their orders.
        small = Case(group="", name=name, viewer=viewer, document="", rows=BELOW, sorted=BELOW)
        yield replace(small, group="shops", document=SHOPS, variables={"first": 20})
        yield replace(
            small, group="shops: search", document=SHOPS, variables={"search": "店铺 1", "first": 20}
        )
        yield replace(small, group="viewer", document=ME)
        yield replace(small, group="exemptions", document=EXEMPTIONS, variables={"first": 20})
        at = {"activeAt": world.ago(99 * DAY), "first": 20}
        yield replace(small, group="exemptions: active", document=EXEMPTIONS, variables=at)
    for name, viewer in (("owner", replace(world.one, owner=True)), ("platform", world.platform)):
        told = world.filled.tickets // 4
        case = Case(group="", name=name, viewer=viewer, document="", rows=told, sorted=50)
        yield replace(case, group="webhooks", document=WEBHOOKS, variables={"shop": shops[0]})
        yield replace(case, group="replyTemplates", document=TEMPLATES, variables={"shop": shops[0]})
    for name, viewer in _watchers(world):
        case = Case(group="", name=name, viewer=viewer, document="", rows=2 * unclosed, sorted=BELOW)
        yield replace(case, group="queueCounts", document=COUNTS)
        yield replace(case, group="queueCounts: named", document=COUNTS, variables={"shops": shops})
        yield replace(case, group="shop.staff", document=TEAM, variables={"id": shops[0]})


def _complaints(world: World) -> Iterator[Case]:
    filters = {
        "all": (None, 1),
        "FILED": ({"status": ["FILED"]}, 1),
        "SETTLED, UPHELD": ({"status": ["SETTLED", "UPHELD"]}, 2),
        "filed on a day of the past": (
            {"filedAfter": world.ago(100 * DAY), "filedBefore": world.ago(99 * DAY)},
            1,
        ),
    }
    for name, viewer in _watchers(world):
        shops = 1 if viewer == world.one else world.shops
        for group, (wanted, ranges) in filters.items():
            merged = shops * ranges * PAGE
            yield Case(
                group=f"complaints: {group}",
                name=name,
                viewer=viewer,
                document=COMPLAINTS,
                variables={"filter": wanted},
                # Beside the page: what else its buyers were awarded on the day they paid, and the total.
                rows=merged + 50 * 20 + COUNTED,
                sorted=merged,
            )


def _everybody(world: World) -> Iterator[tuple[str, Viewer]]:
    yield from _watchers(world)
    yield "consumer", world.consumer
    yield "integration", world.integration


def _watchers(world: World) -> Iterator[tuple[str, Viewer]]:
    yield "one shop", world.one
    yield f"{world.shops} shops", world.every
    yield "platform", world.platform
