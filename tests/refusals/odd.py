"""Calls that are refused for how their fields, or the things they name, go together: told one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.refusals.actors import Actor
from tests.refusals.ground import Ground, soon
from tests.refusals.recorded_rows import shipment_row
from tests.refusals.verdicts import MISSING, Refused, urge_refused, waybill_refused, wrong

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Odd:
    """A sample of a mutation with other fields: None leaves one out. `when` goes into the page of errors."""

    mutation: str
    when: str
    changes: Callable[[Ground], dict[str, Any]]
    verdict: Refused
    sample: int = 0
    by: Actor | None = None


REPLY, REPLIES, ASSIGN = "replyToTicket", "replyToTickets", "assignTickets"


def _field(problem: str, *path: str) -> Refused:
    return wrong(problem).at("input", *path)


def _scheme(scheme: str, **more: Any) -> Callable[[Ground], dict[str, Any]]:
    return lambda _: {"scheme": scheme, **more}


def _number(number: str) -> dict[str, Any]:
    return {"waybill": {"carrier": "SF", "number": number}}


def _left_out(name: str) -> Callable[[Ground], dict[str, Any]]:
    return lambda _: {name: None}


NOTHING: dict[str, Any] = {"note": None, "promisedPickupAt": None, "proofUrls": None}
SHIPMENT = "ticket.URGE_SHIPMENT.AWAITING_REPLY"

ODD: tuple[Odd, ...] = (
    Odd(REPLY, "the scheme requires a promised time", _scheme("PROMISE_PICKUP", promisedPickupAt=None),
        _field("REQUIRED", "promisedPickupAt")),
    Odd(REPLY, "the scheme requires a note", _scheme("REFUND_AGREED", note=" "), _field("REQUIRED", "note")),
    Odd(REPLY, "the scheme requires proofs", _scheme("SCAN_MISSING", proofUrls=[]),
        _field("REQUIRED", "proofUrls")),
    Odd(REPLY, "the scheme requires a waybill number", lambda _: {"waybill": None, "parcelId": None},
        _field("REQUIRED", "waybill"), sample=1),
    Odd(REPLY, "the scheme takes no waybill number",
        lambda _: _number("SF1234567890123"),
        _field("NOT_TAKEN", "waybill")),
    Odd(REPLY, "the order has no parcel",
        lambda g: {"ticketId": g["ticket without a parcel"], "parcelId": None},
        waybill_refused("NOT_SHIPPED", "input", "parcelId"), sample=1),
    Odd(REPLY, "the scheme is for tickets of the other kind",
        lambda g: {"ticketId": g[SHIPMENT], "scheme": "COURIER_URGED"}, _field("UNKNOWN_SCHEME", "scheme")),
    Odd(REPLY, "several parcels are not picked up", lambda _: {"parcelId": None},
        _field("REQUIRED", "parcelId"), sample=1),
    Odd(REPLY, "the parcel is of another order", lambda g: {"parcelId": g["parcel.SHIPPED"]},
        MISSING.at("input", "parcelId"), sample=1),
    Odd(REPLY, "the number is the old one",
        lambda g: _number(g["number of first parcel of two"]),
        waybill_refused("SAME_NUMBER"), sample=1),
    Odd(REPLY, "the number serves another parcel of the order",
        lambda g: _number(g["number of second parcel of two"]),
        waybill_refused("IN_USE"), sample=1),
    Odd(REPLY, "the template is for another scheme", _scheme("OUT_OF_STOCK"),
        _field("OTHER_SCHEME", "templateId"), sample=2),
    Odd(REPLY, "the template has a variable without a value for this ticket",
        lambda g: {"ticketId": g[SHIPMENT], "scheme": "PROMISE_PICKUP", "promisedPickupAt": soon(HOUR),
                   "templateId": g["template of promises"]},
        _field("NO_VALUE", "templateId"), sample=2),
    Odd(REPLY, "the template becomes too long with this ticket's values",
        lambda g: {"templateId": g["template that becomes too long"]}, _field("TOO_LONG", "templateId"),
        sample=2),
    Odd(REPLY, "the template is of another of your shops",
        lambda g: {"templateId": g.theirs["template"]}, _field("NO_TEMPLATE", "templateId"), sample=2,
        by=Actor.BOTH),
    Odd(REPLIES, "the scheme requires a promised time", _scheme("PROMISE_PICKUP", promisedPickupAt=None),
        _field("REQUIRED", "promisedPickupAt")),
    Odd(REPLIES, "the scheme requires a note", _scheme("REFUND_AGREED", note=" "),
        _field("REQUIRED", "note")),
    Odd(REPLIES, "the scheme requires proofs", _scheme("SCAN_MISSING", proofUrls=[]),
        _field("REQUIRED", "proofUrls")),
    Odd(REPLIES, "the scheme takes a waybill number", _scheme("CHANGE_WAYBILL", **NOTHING),
        _field("ONE_BY_ONE", "scheme")),
    Odd(REPLIES, "the template is for another scheme", _scheme("OUT_OF_STOCK"),
        _field("OTHER_SCHEME", "templateId"), sample=1),
    Odd(REPLIES, "a row: the scheme is for tickets of the other kind",
        lambda g: {"ticketIds": [g[SHIPMENT]], "scheme": "COURIER_URGED"},
        _field("UNKNOWN_SCHEME", "scheme").at(row=0)),
    Odd(REPLIES, "a row: the template has a variable without a value for this ticket",
        lambda g: {"ticketIds": [g[SHIPMENT]], "scheme": "PROMISE_PICKUP", "promisedPickupAt": soon(HOUR),
                   "templateId": g["template of promises"]},
        _field("NO_VALUE", "templateId").at(row=0), sample=1),
    Odd(REPLIES, "a row: the template is of another of your shops",
        lambda g: {"templateId": g.theirs["template"]}, _field("NO_TEMPLATE", "templateId").at(row=0),
        sample=1, by=Actor.BOTH),
    Odd(ASSIGN, "both assigneeId and toMe", lambda _: {"toMe": True}, _field("NOT_TAKEN", "toMe")),
    Odd(ASSIGN, "a row: the member has left", lambda g: {"assigneeId": g["agent who left"]},
        _field("NOT_A_MEMBER", "assigneeId").at(row=0)),
    Odd(ASSIGN, "a row: the member is of another of your shops",
        lambda g: {"assigneeId": g.theirs["agent"]}, _field("NOT_A_MEMBER", "assigneeId").at(row=0),
        by=Actor.BOTH),
    Odd(ASSIGN, "a row: you are no member of its shop", lambda _: {},
        _field("NOT_A_MEMBER", "toMe").at(row=0), sample=1, by=Actor.PLATFORM),
    Odd("changeWaybill", "the number is the old one",
        lambda g: _number(g["number of parcel of URGE_PICKUP.AWAITING_REPLY"]),
        waybill_refused("SAME_NUMBER")),
    Odd("changeWaybill", "the number was changed 3 times",
        lambda g: {"parcelId": g["parcel changed 3 times"]}, waybill_refused("TOO_MANY_CHANGES")),
    Odd("changeWaybill", "the parcel was shipped more than 50 days ago",
        lambda g: {"parcelId": g["parcel shipped 51 days ago"]}, waybill_refused("TOO_LATE")),
    Odd("changeWaybill", "the number serves another open order of the shop",
        lambda g: _number(g["number of parcel of another buyer"]),
        waybill_refused("IN_USE")),
    Odd("changeWaybill", "the number was scanned before the order was paid",
        lambda g: _number(g["number scanned before payment"]),
        waybill_refused("SCANNED_BEFORE_PAYMENT")),
    Odd("changeWaybill", "the parcel's number was changed before",
        lambda g: {"parcelId": g["replaced parcel"]}, _field("NOT_CURRENT", "parcelId")),
    Odd("ruleOnComplaint", "a dismissal takes no money", lambda _: {"compensation": "1.00"},
        _field("NOT_TAKEN", "compensation"), sample=1),
    Odd("ruleOnComplaint", "a dismissal takes no points", lambda _: {"penaltyPoints": 1},
        _field("NOT_TAKEN", "penaltyPoints"), sample=1),
    Odd("ruleOnComplaint", "a dismissal takes no violation", lambda _: {"violation": "NO_PICKUP"},
        _field("NOT_TAKEN", "violation"), sample=1),
    Odd("urgePickup", "the shipping limit is not reached", lambda g: {"orderId": g["order within its limit"]},
        urge_refused("WITHIN_SHIPPING_LIMIT")),
    Odd("urgePickup", "urged 3 times", lambda g: {"orderId": g["order urged 3 times"]},
        urge_refused("ROUND_LIMIT")),
    Odd("urgeShipment", "the shipping limit is not reached",
        lambda g: {"orderId": g["unshipped order within its limit"]}, urge_refused("WITHIN_SHIPPING_LIMIT")),
    Odd("urgeShipment", "urged 3 times", lambda g: {"orderId": g["unshipped order urged 3 times"]},
        urge_refused("ROUND_LIMIT")),
    Odd("recordShipments", "a row: the number to be replaced is none of the order's",
        lambda g: {"shipments": [shipment_row(g["number of order.SHIPPED"], replacesWaybillNumber="SF1")]},
        MISSING.at("input", "shipments", "0", "replacesWaybillNumber", row=0)),
    Odd("recordShipments", "a row: the number to be replaced was replaced before",
        lambda g: {"shipments": [shipment_row(g["number of order with a replaced parcel"],
                                              replacesWaybillNumber=g["number of replaced parcel"])]},
        MISSING.at("input", "shipments", "0", "replacesWaybillNumber", row=0)),
    Odd("recordShipments", "a row: the number to be replaced was picked up",
        lambda g: {"shipments": [shipment_row(g["number of order.PICKED_UP"],
                                              replacesWaybillNumber=g["number of parcel.PICKED_UP"])]},
        _field("ALREADY_PICKED_UP", "shipments", "0", "replacesWaybillNumber").at(row=0)),
    Odd("savePolicy", "open tickets are put under it, but it is not in force yet",
        lambda _: {"activeFrom": soon(HOUR)}, _field("IN_THE_FUTURE", "activeFrom"), sample=1),
    *(Odd("saveExemption", "a new one needs it", _left_out(name), _field("REQUIRED", name))
      for name in ("title", "from", "to", "latestAt")),
    Odd("saveExemption", "it ends before it begins", lambda _: {"to": soon(HOUR)},
        _field("OUT_OF_ORDER", "to")),
    Odd("saveExemption", "it puts off to before it begins", lambda _: {"latestAt": soon(HOUR)},
        _field("OUT_OF_ORDER", "latestAt")),
    Odd("saveExemption", "the exemption begins after it ends", lambda _: {"from": soon(30 * 24 * HOUR)},
        replace(_field("OUT_OF_ORDER", "to"), problem=None), sample=1),
    Odd("saveShop", "a new one needs it", lambda _: {"name": None}, _field("REQUIRED", "name")),
    Odd("saveReplyTemplate", "a new one needs it", lambda _: {"title": None}, _field("REQUIRED", "title")),
    Odd("saveReplyTemplate", "a new one needs it", lambda _: {"body": None}, _field("REQUIRED", "body")),
    Odd("saveReplyTemplate", "a new one needs it", lambda _: {"schemeCode": None},
        _field("UNKNOWN_SCHEME", "schemeCode")),
    Odd("saveReplyTemplate", "it names a variable that there is none of", lambda _: {"body": "{{buyer}}"},
        _field("UNKNOWN_VARIABLE", "body")),
    Odd("saveReplyTemplate", "a brace stands alone", lambda _: {"body": "{{buyer_nick}"},
        _field("BAD_VARIABLE", "body")),
    Odd("saveReplyTemplate", "the template is of another of your shops",
        lambda g: {"id": g.theirs["template"]}, MISSING.at("input", "id"), sample=1, by=Actor.BOTH),
    Odd("saveReplyTemplate", "the shop has 200", lambda g: {"shopId": g.full_shop},
        _field("TOO_MANY", "title"), by=Actor.BOTH),
    Odd("saveStaffMember", "a new one needs it", lambda _: {"subject": None}, _field("REQUIRED", "subject")),
    Odd("saveStaffMember", "the subject is a member already", lambda g: {"subject": g.ours.agent},
        _field("ALREADY_A_MEMBER", "subject")),
    Odd("saveStaffMember", "a member's subject stays", lambda _: {"subject": "somebody else"},
        _field("FIXED", "subject"), sample=1),
    Odd("saveStaffMember", "the member is of another of your shops", lambda g: {"id": g.theirs["agent"]},
        MISSING.at("input", "id"), sample=1, by=Actor.BOTH),
    Odd("saveWebhook", "a new one needs it", lambda _: {"url": None}, _field("REQUIRED", "url")),
    Odd("saveWebhook", "a new one needs it", lambda _: {"events": None}, _field("REQUIRED", "events")),
    Odd("saveWebhook", "the shop has 20", lambda g: {"shopId": g.full_shop}, _field("TOO_MANY", "shopId"),
        by=Actor.BOTH),
    Odd("saveWebhook", "the webhook is of another of your shops", lambda g: {"id": g.theirs["webhook"]},
        MISSING.at("input", "id"), sample=1, by=Actor.BOTH),
)  # fmt: skip
