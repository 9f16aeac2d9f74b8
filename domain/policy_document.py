"""A policy as a JSON document, read once `policies/policy.schema.json` holds for it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.errors import Problem
from domain.policy import Caps, CompensationRule, Policy
from domain.replies import ReplyRequirement, ReplyScheme
from domain.ticket_words import TicketKind

Document = dict[str, Any]
RULES = ("noPickup", "lateShipment", "latePresale", "outOfStock", "outOfStockLongPromise", "abnormalNumber")


def read(document: Document, version: int) -> Policy:
    """The policy that a document of the schema says; JSON Schema's integers may be written 24.0."""
    caps, rules = document["caps"], document["compensation"]
    return Policy(
        version=version,
        reply_window=timedelta(hours=int(document["replyWindowHours"])),
        pickup_window=timedelta(hours=int(document["pickupWindowHours"])),
        shipping_limit=timedelta(hours=int(document["shippingLimitHours"])),
        reminder_minutes=tuple(int(minutes) for minutes in document["reminderMinutes"]),
        max_rounds=int(document["maxRounds"]),
        max_waybill_changes=int(document["maxWaybillChanges"]),
        waybill_change_within=timedelta(days=int(document["waybillChangeWithinDays"])),
        future_tolerance=timedelta(minutes=int(document["futureToleranceMinutes"])),
        dismisses_when_in_time=document["dismissesWhenInTime"],
        no_pickup=_rule(rules["noPickup"]),
        late_shipment=_rule(rules["lateShipment"]),
        late_presale=_rule(rules["latePresale"]),
        out_of_stock=_rule(rules["outOfStock"]),
        out_of_stock_long_promise=_rule(rules["outOfStockLongPromise"]),
        abnormal_number=_rule(rules["abnormalNumber"]),
        caps=Caps(
            Decimal(caps["perBuyerAndDay"]),
            int(caps["points"]),
            int(caps["mostPoints"]),
            timedelta(days=int(caps["pointsWithinDays"])),
        ),
        reply_schemes=tuple(_scheme(each) for each in document["replySchemes"]),
    )


def problems(document: Document) -> list[Problem]:
    """The faults that a JSON Schema cannot say, each with its path in the document."""
    found = []
    codes = [scheme["code"] for scheme in document["replySchemes"]]
    for index, code in enumerate(codes):
        if code in codes[:index]:
            path = ("replySchemes", str(index), "code")
            found.append(Problem("DUPLICATE", f"{code} stands twice.", path))
    for name in RULES:
        rule = document["compensation"][name]
        if Decimal(rule["least"]) > Decimal(rule["most"]):
            path = ("compensation", name, "least")
            found.append(Problem("OUT_OF_ORDER", "The least is above the most.", path))
    answered = {kind for scheme in document["replySchemes"] for kind in scheme["kinds"]}
    missing = [kind.value for kind in TicketKind if kind.value not in answered]
    return found + [Problem("REQUIRED", f"No scheme answers {kind}.", ("replySchemes",)) for kind in missing]


def _rule(said: dict[str, str]) -> CompensationRule:
    return CompensationRule(Decimal(said["rate"]), Decimal(said["least"]), Decimal(said["most"]))


def _scheme(said: Document) -> ReplyScheme:
    return ReplyScheme(
        code=said["code"],
        label_zh=said["labelZh"],
        label_en=said["labelEn"],
        kinds=tuple(TicketKind(kind) for kind in said["kinds"]),
        requires=tuple(ReplyRequirement(need) for need in said["requires"]),
        longest_promise=timedelta(hours=int(said["longestPromiseHours"])),
        stops_clock=said.get("stopsClock", True),
    )
