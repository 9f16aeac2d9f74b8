"""Scans that were there before what they tell of: of new parcels, and of orders that were paid earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import keys, scans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.database import Connection
    from resolvers.aggregate import OrderAggregate


async def count_again(connection: Connection, aggregates: Sequence[OrderAggregate]) -> None:
    """Look again at the scans of orders whose payment turned out to be earlier; call it before `write`."""
    again = [each for each in aggregates if each.paid_earlier]
    if not again:
        return
    parcels = {parcel["id"]: (each, parcel) for each in again for parcel in each.current}
    for scan in await scans.joined(connection, again[0].order["shop_id"], list(parcels)):
        each, parcel = parcels[scan["parcel_id"]]
        each.apply_scan(parcel, scan)
    for each in again:
        each.follow_parcels()


async def join(connection: Connection, aggregates: Sequence[OrderAggregate]) -> None:
    """Join the scans that are already known of the aggregates' new parcels; call it before `write`.

    The numbers stay locked until the commit, so that no scan arriving meanwhile falls between.
    """
    new = [(each, parcel) for each in aggregates for parcel in each.new_parcels]
    if not new:
        return
    wanted = [((parcel["carrier"], parcel["waybill_number"]), parcel["order_id"]) for _, parcel in new]
    await scans.lock_numbers(connection, [number for number, _ in wanted])
    known = await scans.waiting(connection, new[0][1]["shop_id"], wanted)
    for each, parcel in new:
        each.joined.extend(
            {
                "shop_id": parcel["shop_id"],
                "id": keys.new(),
                "parcel_id": parcel["id"],
                **scan,
                "counted": True,
            }
            for scan in known.get(((parcel["carrier"], parcel["waybill_number"]), parcel["order_id"]), ())
        )
        for event in each.joined:
            if event["parcel_id"] == parcel["id"]:
                each.apply_scan(parcel, event)
