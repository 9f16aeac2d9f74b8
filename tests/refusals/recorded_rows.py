"""Rows of the recording mutations, with every field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.refusals.ground import soon

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def order_row(number: str = "A-1", **changes: Any) -> dict[str, Any]:
    """A row of `recordOrders` with every field."""
    row = {
        "number": number,
        "buyerId": "bob",
        "buyerNick": "小波",
        "itemTitle": "袜子",
        "quantity": 2,
        "paidAmount": "19.90",
        "paidAt": soon(-3 * DAY),
        "shipBy": soon(-DAY),
        "closedAt": soon(-HOUR),
        "originRegion": "44",
        "destinationRegion": "310115",
        "addressKey": "a1",
    }
    return {**row, **changes}


def scan_row(number: str, **changes: Any) -> dict[str, Any]:
    """A row of `recordTrackingEvents`."""
    row = {
        "carrier": "SF",
        "waybillNumber": number,
        "occurredAt": soon(-HOUR),
        "code": "103",
        "description": "已揽收",
    }
    return {**row, **changes}


def shipment_row(order: str, number: str = "SF1000099990000", **changes: Any) -> dict[str, Any]:
    """A row of `recordShipments`."""
    row = {"orderNumber": order, "carrier": "SF", "waybillNumber": number, "shippedAt": soon(-HOUR)}
    return {**row, **changes}
