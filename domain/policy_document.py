"""A policy as a JSON document, read once `policies/policy.schema.json` holds for it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.errors import Problem
from domain.policy import CompensationRule, ComplaintRates, Policy
from domain.replies import ReplyRequirement, ReplyScheme
from domain.ticket_words import TicketKind

Document = dict[str, Any]
RULES = ("noPickup", "lateShipment", "latePresale", "outOfStock", "outOfStockPresale", "falseWaybill")


def read(document: Document, version: int) -> Policy:
    """The policy that a document of the schema says; JSON Schema's integers may be written 24.0."""
    return Policy(
        version=version,
        reply_window=timedelta(hours=int(document["replyWindowHours"])),
        pickup_window=timedelta(hours=int(document["pickupWindowHours"])),
        late_shipment_grace=timedelta(minutes=int(document["lateShipmentGraceMinutes"])),
        shipping_limit=timedelta(hours=int(document["shippingLimitHours"])),
        reminder_minutes=tuple(int(minutes) for minutes in document["reminderMinutes"]),
        max_rounds=int(document["maxRounds"]),
        max_waybill_changes=int(document["maxWaybillChanges"]),
        waybill_change_within=timedelta(days=int(document["waybillChangeWithinDays"])),
        future_tolerance=timedelta(minutes=int(document["futureToleranceMinutes"])),
        dismisses_when_in_time=document["dismissesWhenInTime"],
        webhook_pauses=tuple(timedelta(seconds=int(pause)) for pause in document["webhookPauseSeconds"]),
        complaints=_rates(document["complaints"]),
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
        rule = document["complaints"][name]
        if Decimal(rule["least"]) > Decimal(rule["most"]):
            path = ("complaints", name, "least")
            found.append(Problem("OUT_OF_ORDER", "The least is above the most.", path))
    answered = {kind for scheme in document["replySchemes"] for kind in scheme["kinds"]}
    missing = [kind.value for kind in TicketKind if kind.value not in answered]
    return found + [Problem("REQUIRED", f"No scheme answers {kind}.", ("replySchemes",)) for kind in missing]


def _rates(said: Document) -> ComplaintRates:
    return ComplaintRates(
        no_pickup=_rule(said["noPickup"]),
        late_shipment=_rule(said["lateShipment"]),
        late_presale=_rule(said["latePresale"]),
        out_of_stock=_rule(said["outOfStock"]),
        out_of_stock_presale=_rule(said["outOfStockPresale"]),
        false_waybill=_rule(said["falseWaybill"]),
        presale_over=timedelta(hours=int(said["presaleOverHours"])),
        most_a_day=Decimal(said["mostADay"]),
        points_each=int(said["pointsEach"]),
        most_points=int(said["mostPoints"]),
        points_within=timedelta(days=int(said["pointsWithinDays"])),
    )


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
