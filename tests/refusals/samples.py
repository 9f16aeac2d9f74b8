"""For each mutation calls that land: every input field stands in one of them, and each is spoilt in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.refusals.actors import Actor
from tests.refusals.documents import text
from tests.refusals.ground import Ground, soon
from tests.refusals.recorded_rows import DAY, HOUR, order_row, scan_row, shipment_row
from tests.refusals.verdicts import MISSING, Refused, wrong

LINK = "https://example.com/1"
AWAITING = "ticket.URGE_PICKUP.AWAITING_REPLY"
PLATFORM = frozenset({Actor.PLATFORM})
OTHER_AWAITING = "ticket.URGE_SHIPMENT.AWAITING_REPLY"


@dataclass(frozen=True)
class Sample:
    """A call that lands. `others`: for fields that hold ids the name of another thing of the shop; None for a
    field of which no other value goes with the rest.

    `only`: who may make it, when not all who may call the mutation may. `foreign`: what somebody of another
    shop is told, when it is not that the first thing is not there.
    """

    name: str
    by: Actor
    given: Callable[[Ground], dict[str, Any]]
    others: dict[str, str | None] = field(default_factory=dict)
    only: frozenset[Actor] | None = None
    foreign: Refused | None = None


SAMPLES: dict[str, tuple[Sample, ...]] = {
    "replyToTicket": (
        Sample(
            "a promise",
            Actor.AGENT,
            lambda g: {
                "ticketId": g[AWAITING],
                "scheme": "PROMISE_PICKUP",
                "note": "明天发",
                "promisedPickupAt": soon(10 * HOUR),
                "proofUrls": [LINK],
                "expectedVersion": 1,
            },
            {"ticketId": OTHER_AWAITING},
        ),
        Sample(
            "another waybill number",
            Actor.AGENT,
            lambda g: {
                "ticketId": g["ticket of two parcels"],
                "scheme": "CHANGE_WAYBILL",
                "waybill": {"carrier": "SF", "number": "SF9999999999999"},
                "parcelId": g["first parcel of two"],
            },
            {"ticketId": OTHER_AWAITING, "parcelId": "second parcel of two"},
        ),
        Sample(
            "a template",
            Actor.AGENT,
            lambda g: {"ticketId": g[AWAITING], "scheme": "COURIER_URGED", "templateId": g["template"]},
            {"ticketId": OTHER_AWAITING, "templateId": "another template", "scheme": None},
        ),
    ),
    "replyToTickets": (
        Sample(
            "a promise",
            Actor.AGENT,
            lambda g: {
                "ticketIds": [g[AWAITING]],
                "scheme": "PROMISE_PICKUP",
                "note": "明天发",
                "promisedPickupAt": soon(10 * HOUR),
                "proofUrls": [LINK],
            },
            {"ticketIds": OTHER_AWAITING},
        ),
        Sample(
            "a template",
            Actor.AGENT,
            lambda g: {"ticketIds": [g[AWAITING]], "scheme": "COURIER_URGED", "templateId": g["template"]},
            {"ticketIds": OTHER_AWAITING, "templateId": "another template", "scheme": None},
            foreign=wrong("NO_TEMPLATE").at("input", "templateId"),
        ),
    ),
    "assignTickets": (
        Sample(
            "to somebody",
            Actor.AGENT,
            lambda g: {"ticketIds": [g[AWAITING]], "assigneeId": g["other agent"]},
            {"ticketIds": OTHER_AWAITING, "assigneeId": "agent"},
            foreign=MISSING.at("input", "assigneeId"),
        ),
        Sample(
            "to me",
            Actor.AGENT,
            lambda g: {"ticketIds": [g[AWAITING]], "toMe": True},
            {"ticketIds": OTHER_AWAITING},
            only=frozenset({Actor.AGENT, Actor.OWNER}),
        ),
    ),
    "saveReplyTemplate": (
        Sample(
            "a new one",
            Actor.OWNER,
            lambda g: {
                "shopId": g["shop"],
                "title": "道歉",
                "schemeCode": "COURIER_URGED",
                "body": "{{buyer_nick}}，抱歉",
            },
        ),
        Sample(
            "a change",
            Actor.OWNER,
            lambda g: {
                "id": g["template"],
                "shopId": g["shop"],
                "title": "道歉",
                "schemeCode": "COURIER_URGED",
                "body": "抱歉",
            },
            {"id": "another template"},
        ),
    ),
    "deleteReplyTemplate": (
        Sample("one", Actor.OWNER, lambda g: {"id": g["template"]}, {"id": "another template"}),
    ),
    "changeWaybill": (
        Sample(
            "beside a ticket",
            Actor.AGENT,
            lambda g: {
                "parcelId": g["parcel of URGE_PICKUP.AWAITING_REPLY"],
                "waybill": {"carrier": "SF", "number": "SF9999999999999"},
                "reason": "错单",
                "expectedVersion": 1,
            },
            {"parcelId": "parcel.SHIPPED"},
        ),
    ),
    "addNote": (
        Sample(
            "a note",
            Actor.AGENT,
            lambda g: {"ticketId": g[AWAITING], "note": "电话没接"},
            {"ticketId": OTHER_AWAITING},
        ),
    ),
    "stateComplaint": (
        Sample(
            "a statement",
            Actor.AGENT,
            lambda g: {"complaintId": g["complaint.FILED"], "statement": "已发", "proofUrls": [LINK]},
            {"complaintId": "complaint.another"},
        ),
    ),
    "settleComplaint": (
        Sample(
            "accepted",
            Actor.AGENT,
            lambda g: {"complaintId": g["complaint.FILED"], "note": "认了"},
            {"complaintId": "complaint.another"},
        ),
    ),
    "ruleOnComplaint": (
        Sample(
            "upheld",
            Actor.PLATFORM,
            lambda g: {
                "complaintId": g["complaint.FILED"],
                "upheld": True,
                "reason": "属实",
                "compensation": "6.00",
                "penaltyPoints": 1,
                "violation": "NO_PICKUP",
            },
            {"complaintId": "complaint.another", "upheld": None},
        ),
        Sample(
            "dismissed",
            Actor.PLATFORM,
            lambda g: {"complaintId": g["complaint.FILED"], "upheld": False, "reason": "不属实"},
            {"complaintId": "complaint.another"},
        ),
    ),
    "urgePickup": (
        Sample(
            "a first time",
            Actor.CONSUMER,
            lambda g: {"orderId": g["order.SHIPPED"]},
            {"orderId": "order.PAID"},
        ),
    ),
    "urgeShipment": (
        Sample(
            "a first time",
            Actor.CONSUMER,
            lambda g: {"orderId": g["order.PAID"]},
            {"orderId": "order.SHIPPED"},
        ),
    ),
    "withdrawUrge": (
        Sample("in time", Actor.CONSUMER, lambda g: {"ticketId": g[AWAITING]}, {"ticketId": OTHER_AWAITING}),
    ),
    "recordOrders": (
        Sample("a new one", Actor.INTEGRATION, lambda g: {"shopId": g["shop"], "orders": [order_row()]}),
        Sample(
            "one that is known",
            Actor.INTEGRATION,
            lambda g: {"shopId": g["shop"], "orders": [order_row(g["number of order.PAID"])]},
        ),
    ),
    "recordShipments": (
        Sample(
            "a first number",
            Actor.INTEGRATION,
            lambda g: {"shopId": g["shop"], "shipments": [shipment_row(g["number of order.PAID"])]},
        ),
        Sample(
            "a number in the place of another",
            Actor.INTEGRATION,
            lambda g: {
                "shopId": g["shop"],
                "shipments": [
                    shipment_row(
                        g["number of order.SHIPPED"],
                        replacesWaybillNumber=g["number of parcel.SHIPPED"],
                    )
                ],
            },
        ),
    ),
    "recordTrackingEvents": (
        Sample(
            "of a parcel",
            Actor.INTEGRATION,
            lambda g: {"events": [scan_row(g["number of parcel.SHIPPED"])]},
        ),
        Sample("of nobody's", Actor.INTEGRATION, lambda _: {"events": [scan_row("SF1234567890124")]}),
    ),
    "recordRefunds": (
        Sample(
            "a whole one",
            Actor.INTEGRATION,
            lambda g: {
                "shopId": g["shop"],
                "refunds": [
                    {
                        "orderNumber": g["number of order.SHIPPED"],
                        "refundedAt": soon(-HOUR),
                        "closesOrder": True,
                    }
                ],
            },
        ),
    ),
    "savePolicy": (
        Sample(
            "from a day on",
            Actor.PLATFORM,
            lambda _: {"market": "TAOBAO", "document": text(("maxRounds", 5)), "activeFrom": soon(HOUR)},
        ),
        Sample(
            "for open tickets too",
            Actor.PLATFORM,
            lambda _: {"market": "TAOBAO", "document": text(("maxRounds", 5)), "retime": True},
        ),
    ),
    "saveExemption": (
        Sample(
            "a new one",
            Actor.PLATFORM,
            lambda _: {
                "title": "台风",
                "market": "TAOBAO",
                "region": "44",
                "end": "EITHER",
                "basis": "DEADLINE",
                "from": soon(DAY),
                "to": soon(8 * DAY),
                "latestAt": soon(9 * DAY),
            },
        ),
        Sample(
            "a change",
            Actor.PLATFORM,
            lambda g: {"id": g["exemption"], "title": "台风"},
            {"id": "another exemption"},
        ),
    ),
    "deleteExemption": (
        Sample("one", Actor.PLATFORM, lambda g: {"id": g["exemption"]}, {"id": "another exemption"}),
    ),
    "saveShop": (
        Sample(
            "a new one",
            Actor.PLATFORM,
            lambda _: {"name": "新店", "market": "TMALL", "locale": "en", "active": True},
            only=PLATFORM,
        ),
        Sample(
            "a change",
            Actor.PLATFORM,
            lambda g: {"id": g["shop"], "name": "老店", "market": "TMALL", "locale": "en", "active": False},
            {"id": None},
            only=PLATFORM,
        ),
        Sample(
            "a change by its owner",
            Actor.OWNER,
            lambda g: {"id": g["shop"], "name": "老店", "locale": "en"},
            {"id": None},
        ),
    ),
    "saveWebhook": (
        Sample(
            "a new one",
            Actor.OWNER,
            lambda g: {
                "shopId": g["shop"],
                "url": "https://seller.example/new",
                "events": ["CARD_REPLY"],
                "active": True,
            },
        ),
        Sample(
            "a change",
            Actor.OWNER,
            lambda g: {
                "id": g["webhook"],
                "shopId": g["shop"],
                "url": "https://seller.example/new",
                "events": ["CARD_REPLY"],
                "active": False,
                "renewSecret": True,
            },
            {"id": "another webhook"},
        ),
    ),
    "deleteWebhook": (Sample("one", Actor.OWNER, lambda g: {"id": g["webhook"]}, {"id": "another webhook"}),),
    "redeliver": (
        Sample(
            "one that failed",
            Actor.OWNER,
            lambda g: {"deliveryId": g["delivery.FAILED"]},
            {"deliveryId": "delivery.DELIVERED"},
        ),
    ),
    "saveStaffMember": (
        Sample(
            "a new one",
            Actor.OWNER,
            lambda g: {
                "shopId": g["shop"],
                "subject": "ann",
                "displayName": "安",
                "owner": False,
                "active": True,
            },
        ),
        Sample(
            "a change",
            Actor.OWNER,
            lambda g: {
                "id": g["agent"],
                "shopId": g["shop"],
                "displayName": "安",
                "owner": True,
                "active": False,
            },
            {"id": "other agent"},
        ),
    ),
}
