"""Calls of many rows: every bad row of the table in one call, between two good ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.refusals.actors import Actor
from tests.refusals.cases import KEY, refusals, samples
from tests.refusals.ground import Ground
from tests.refusals.recorded_rows import order_row, scan_row, shipment_row
from tests.refusals.samples import OTHER_AWAITING
from tests.refusals.verdicts import Refused, wrong

LISTS = {
    "replyToTickets": "ticketIds",
    "assignTickets": "ticketIds",
    "recordOrders": "orders",
    "recordShipments": "shipments",
    "recordTrackingEvents": "events",
    "recordRefunds": "refunds",
}
"""Where the rows of a mutation stand."""
OWN_PLACE: dict[str, tuple[str, ...] | None] = {
    "ticketIds": (),
    "orders": ("number",),
    "shipments": None,
    "events": None,
    "refunds": None,
}
"""Where below a row it is told that it stands in the call twice; None: twice is as good as once."""


@dataclass(frozen=True)
class Mixed:
    """A call, which of its rows are refused and how, and the same call with its good rows only."""

    mutation: str
    by: Actor
    given: dict[str, Any]
    refused: dict[int, Refused]
    good: dict[str, Any]


def mixed(ground: Ground, mutation: str) -> Mixed:
    """The first sample's row, every bad row that differs from it, one of them twice, and another good row."""
    field = LISTS[mutation]
    sample, given = samples(ground, mutation)[0]
    first, second = given[field][0], _second(ground, field)
    bad = [
        (case.given[field][0], case.verdict)
        for case in refusals(ground, mutation)
        if isinstance(case.verdict, Refused)
        and case.verdict.row is not None
        and case.by is sample.by
        and _without(case.given, field) == _without(given, field)
    ]
    rows, refused = [first], {}
    for row, verdict in bad:
        refused[len(rows)] = _moved(verdict, field, len(rows))
        rows.append(_numbered(row, ground, len(rows)))
    own = OWN_PLACE[field]
    if own is not None:
        refused[len(rows)] = wrong("DUPLICATE").at("input", field, str(len(rows)), *own, row=len(rows))
        rows.append(first)
    rows.append(second)
    return Mixed(mutation, sample.by, {**given, field: rows}, refused, {**given, field: [first, second]})


def _without(given: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in {field, KEY}}


def _moved(verdict: Refused, field: str, index: int) -> Refused:
    """The verdict of row 0 for the same row at `index`."""
    if verdict.path is None or verdict.path[:2] != ("input", field):
        return replace(verdict, row=index)
    # Two rows with the same bad number also stand there twice.
    return replace(
        verdict,
        row=index,
        path=("input", field, str(index), *verdict.path[3:]),
        tolerated=verdict.tolerated | {"DUPLICATE"},
    )


def _numbered(row: Any, ground: Ground, index: int) -> Any:
    """An order with a number of its own, unless its number is what is wrong with it."""
    good = isinstance(row, dict) and row.get("number") in {"A-1", ground["number of order.PAID"]}
    return {**row, "number": f"B-{index}"} if good else row


def _second(ground: Ground, field: str) -> Any:
    match field:
        case "orders":
            return order_row("A-9")
        case "shipments":
            return shipment_row(ground["number of order.SHIPPED"], "SF1000099990009")
        case "events":
            return scan_row(ground["number of first parcel of two"])
        case "refunds":
            return {"orderNumber": ground["number of order.PAID"], "refundedAt": order_row()["paidAt"]}
        case _:
            return ground[OTHER_AWAITING]
