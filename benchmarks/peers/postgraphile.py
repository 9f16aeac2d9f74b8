"""PostGraphile's schema is made from the tables: what it is asked, and its answers in our schema's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

QUEUE = """
query Queue($shop: UUID!) {
  allTickets(first: 50, condition: {shopId: $shop}, orderBy: [QUEUE_AT_ASC, ROW_ID_ASC]) {
    edges { cursor node {
      rowId number kind status version round openedAt deadlineAt urgency moneyAtRisk
      orderByShopIdAndOrderId { rowId number status buyerNick itemTitle quantity paidAmount paidAt shippedAt }
      followUpRecordsByShopIdAndTicketId(last: 3, orderBy: [POSITION_ASC]) { edges { node {
        rowId position action occurredAt note deadlineAfter reminderMinutes actorKind actorName } } }
    } }
    pageInfo { hasNextPage endCursor }
  }
}"""
DETAIL = """
query Detail($shop: UUID!, $ticket: UUID!) { ticketByShopIdAndRowId(shopId: $shop, rowId: $ticket) {
  rowId number kind status outcome version round policyVersion openedAt updatedAt deadlineAt urgency
  promisedPickupAt promiseEndsAt promiseBrokenAt repliedAt completedAt escalatedAt moneyAtRisk
  staffMemberByShopIdAndAssigneeId { rowId displayName }
  orderByShopIdAndOrderId {
    rowId number status buyerNick itemTitle quantity paidAmount
    paidAt shipBy shippedAt pickedUpAt refundedAt closedAt
    shopByShopId { rowId name market locale }
    parcelsByShopIdAndOrderId { nodes {
      rowId carrier waybillNumber shippedAt shippedAtEstimated pickedUpAt replacedAt warnings
      parcelByShopIdAndReplacedById { rowId }
      trackingEventsByShopIdAndParcelId(first: 20, orderBy: [OCCURRED_AT_DESC]) {
        edges { node { rowId occurredAt receivedAt code description source provesPickup } }
        pageInfo { hasNextPage endCursor }
      }
    } }
  }
  followUpRecordsByShopIdAndTicketId(first: 50, orderBy: [POSITION_ASC]) {
    edges { node {
      rowId position action occurredAt note deadlineBefore deadlineAfter reminderMinutes actorKind actorName
      replyByShopIdAndRecordId { schemeCode note promisedAt proofUrls }
      waybillChangesByShopIdAndRecordId(first: 1) { nodes {
        parcelByShopIdAndFromParcelId { rowId carrier waybillNumber }
        parcelByShopIdAndToParcelId { rowId carrier waybillNumber } reason
      } }
    } }
    pageInfo { hasNextPage endCursor }
  }
  consumerCardsByShopIdAndTicketId(orderBy: [CREATED_AT_ASC]) {
    nodes { rowId kind title body createdAt delivery deliveredAt }
  }
  complaintsByShopIdAndTicketId(first: 1, orderBy: [ROUND_DESC]) { nodes {
    rowId status violation filedAt ruledAt statement proofUrls
    estimatedCompensation compensation penaltyPoints reason
  } }
} }"""

LEFT_OUT = {
    "queue page": frozenset({"tickets.streamCursor"}),
    "ticket detail": frozenset(
        {
            "ticket.deadlineExplanation",
            "ticket.availableReplies",
            "ticket.order.parcels[].warnings[].message",
            "ticket.followUps.edges[].node.reply.scheme.label",
        }
    ),
}
"""What is no column of a table but what Python says of it, and the position of the live stream."""


def shaped(document: str, data: Json) -> Json:
    """An answer to `QUEUE` or `DETAIL` in our schema's shape."""
    if document == "queue page":
        found = data["allTickets"]
        return {"tickets": {**_connection(found, _queued), "pageInfo": found["pageInfo"]}}
    return {"ticket": _ticket(data["ticketByShopIdAndRowId"])}


def _queued(row: Json) -> Json:
    found = _row("tkt", row)
    found["order"] = _row("ord", found.pop("orderByShopIdAndOrderId"))
    records = found.pop("followUpRecordsByShopIdAndTicketId")
    # It names the position of no record here, so it is not asked for a cursor.
    found["followUps"] = {"edges": [{"node": _record(each["node"])} for each in records["edges"]]}
    return found


def _ticket(row: Json) -> Json:
    found = _row("tkt", row)
    order = _row("ord", found.pop("orderByShopIdAndOrderId"))
    found["shop"] = _row("shp", order.pop("shopByShopId"))
    order["parcels"] = [_parcel(each) for each in order.pop("parcelsByShopIdAndOrderId")["nodes"]]
    found["order"] = order
    found["assignee"] = _maybe("stf", found.pop("staffMemberByShopIdAndAssigneeId"))
    records = found.pop("followUpRecordsByShopIdAndTicketId")
    found["followUps"] = {**_connection(records, _told), "pageInfo": records["pageInfo"]}
    found["cards"] = [_row("crd", each) for each in found.pop("consumerCardsByShopIdAndTicketId")["nodes"]]
    complaints = found.pop("complaintsByShopIdAndTicketId")["nodes"]
    found["complaint"] = _row("cmp", complaints[0]) if complaints else None
    return found


def _parcel(row: Json) -> Json:
    found = _row("pcl", row)
    found["current"] = found["replacedAt"] is None
    found["replacedBy"] = _maybe("pcl", found.pop("parcelByShopIdAndReplacedById"))
    found["warnings"] = [{"code": code} for code in found["warnings"]]
    scans = found.pop("trackingEventsByShopIdAndParcelId")
    found["trackingEvents"] = {
        **_connection(scans, lambda row: _row("trk", row)),
        "pageInfo": scans["pageInfo"],
    }
    return found


def _record(row: Json) -> Json:
    found = _row("rec", row)
    found["actor"] = {"kind": found.pop("actorKind"), "name": found.pop("actorName")}
    return found


def _told(row: Json) -> Json:
    found = _record(row)
    reply = found.pop("replyByShopIdAndRecordId")
    if reply is not None:
        reply["scheme"] = {"code": reply.pop("schemeCode")}
        reply["promisedPickupAt"] = reply.pop("promisedAt")
    found["reply"] = reply
    changes = found.pop("waybillChangesByShopIdAndRecordId")["nodes"]
    found["waybillChange"] = None
    for each in changes:
        found["waybillChange"] = {
            "from": _row("pcl", each["parcelByShopIdAndFromParcelId"]),
            "to": _row("pcl", each["parcelByShopIdAndToParcelId"]),
            "reason": each["reason"],
        }
    return found


def _connection(found: Json, show: Callable[[Json], Json]) -> Json:
    return {"edges": [{**each, "node": show(each["node"])} for each in found["edges"]]}


def _row(prefix: str, row: Json) -> Json:
    """With the public id in the place of the row's."""
    return {
        "id": f"{prefix}_{row['rowId'].replace('-', '')}",
        **{k: v for k, v in row.items() if k != "rowId"},
    }


def _maybe(prefix: str, row: Json | None) -> Json | None:
    return None if row is None else _row(prefix, row)
