"""What a platform, an integration, a buyer and a seller do in the story, by the public API."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.events import ActorKind
from tests.story.copy import Copy

_numbers = itertools.count(1)
BUYER = "小树"

SAVE_SHOP = """
  mutation ($name: String!) {
    saveShop(input: {name: $name, market: TAOBAO, locale: "zh-CN"}) { ... on Shop { id } }
  }
"""
RECORD_ORDERS = """
  mutation ($input: RecordOrdersInput!) {
    recordOrders(input: $input) { created failed rows { id outcome error { code message } } }
  }
"""
RECORD_SHIPMENTS = """
  mutation ($input: RecordShipmentsInput!) {
    recordShipments(input: $input) { created failed rows { id outcome error { code message } } }
  }
"""
URGE = """
  mutation ($order: ID!) {
    urgePickup(input: {orderId: $order}) {
      __typename
      ... on UrgePayload { position ticket { id version status deadlineAt } }
      ... on UserError { code message }
      ... on UrgeRefused { refusal }
    }
  }
"""
REPLY = """
  mutation ($input: ReplyToTicketInput!) {
    replyToTicket(input: $input) {
      __typename
      ... on TicketPayload { position ticket { id version status deadlineAt promiseEndsAt } card { kind } }
      ... on UserError { code message }
      ... on IllegalTransition { currentStatus currentTicket { id status version } }
    }
  }
"""
TICKET = """
  query ($id: ID!) {
    ticket(id: $id) {
      id number version status outcome openedAt deadlineAt escalatedAt completedAt promiseEndsAt urgency
      followUps { edges { node { position action actor { kind } } } }
      complaint { id status filedAt violation estimatedCompensation }
      order { number pickedUpAt }
    }
  }
"""


@dataclass(frozen=True)
class Sold:
    """An order on its way: its id and number, and the parcel's waybill number."""

    order: str
    number: str
    waybill: str


class Shop:
    """A new shop with an integration, a member of its staff, and a buyer."""

    def __init__(self, copy: Copy) -> None:
        self.copy = copy
        self.platform = copy.token(ActorKind.PLATFORM, "story-platform")
        made = copy.ask(self.platform, SAVE_SHOP, name=f"银杏小店{next(_numbers)}")
        self.id: str = made["saveShop"]["id"]
        self.integration = copy.token(ActorKind.INTEGRATION, "story-erp", [self.id])
        self.staff = copy.token(ActorKind.STAFF, "story-staff", [self.id])
        self.buyer = copy.token(ActorKind.CONSUMER, BUYER)

    def sell(self) -> Sold:
        """An order paid three days ago and shipped yesterday, which no carrier has scanned."""
        number = f"39{next(_numbers):017d}"
        waybill = f"SF{next(_numbers):013d}"
        now = datetime.now(UTC)
        order = {
            "number": number,
            "buyerId": BUYER,
            "buyerNick": BUYER,
            "itemTitle": "陶瓷马克杯 350ml",
            "quantity": 1,
            "paidAmount": "129.00",
            "paidAt": _text(now - timedelta(hours=72)),
        }
        shipment = {
            "orderNumber": number,
            "carrier": "SF",
            "waybillNumber": waybill,
            "shippedAt": _text(now - timedelta(hours=24)),
        }
        recorded = self._record(RECORD_ORDERS, "recordOrders", orders=[order])
        self._record(RECORD_SHIPMENTS, "recordShipments", shipments=[shipment])
        return Sold(recorded["id"], number, waybill)

    def urge(self, sold: Sold) -> dict[str, Any]:
        """The buyer urges; gives what the mutation gives."""
        urged: dict[str, Any] = self.copy.ask(self.buyer, URGE, order=sold.order)["urgePickup"]
        return urged

    def reply(self, ticket: str, version: int) -> dict[str, Any]:
        """The staff member says that the courier was urged; gives what the mutation gives."""
        given = {"ticketId": ticket, "scheme": "COURIER_URGED", "note": "已联系", "expectedVersion": version}
        replied: dict[str, Any] = self.copy.ask(self.staff, REPLY, input=given)["replyToTicket"]
        return replied

    def ticket(self, ticket: str) -> dict[str, Any]:
        """The ticket as its staff sees it now."""
        found: dict[str, Any] = self.copy.ask(self.staff, TICKET, id=ticket)["ticket"]
        return found

    def _record(self, document: str, field: str, **rows: object) -> dict[str, Any]:
        recorded = self.copy.ask(self.integration, document, input={"shopId": self.id, **rows})[field]
        assert (recorded["created"], recorded["failed"]) == (1, 0), recorded
        [row] = recorded["rows"]
        found: dict[str, Any] = row
        return found


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
