"""A DataLoader for each way from one row to others; a new set for each request."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
from strawberry.dataloader import DataLoader

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = asyncpg.Record
ToOne = DataLoader[UUID, "Row | None"]
ToMany = DataLoader[UUID, "list[Row]"]


class Loaders:
    """The loaders of one request, each made when it is first used."""

    def __init__(self, pool: asyncpg.Pool[Row], statements: Mapping[str, str], shop_ids: list[UUID]) -> None:
        self._pool = pool
        self._statements = statements
        self.shop_ids = shop_ids
        self._sized: dict[tuple[str, int], ToMany] = {}

    async def fetch(self, statement: str, *values: object) -> list[Row]:
        """The rows of a statement, within the viewer's shops."""
        return await self._pool.fetch(self._statements[statement], self.shop_ids, *values)

    @cached_property
    def shops(self) -> ToOne:
        """Shop by id."""
        return self._one("shops", "id")

    @cached_property
    def staff(self) -> ToOne:
        """Member of the staff by id."""
        return self._one("staff", "id")

    @cached_property
    def orders(self) -> ToOne:
        """Order by id."""
        return self._one("orders", "id")

    @cached_property
    def parcels(self) -> ToOne:
        """Parcel by id."""
        return self._one("parcels", "id")

    @cached_property
    def parcels_of_orders(self) -> ToMany:
        """Parcels by order."""
        return self._many("parcels_of_orders", "order_id")

    @cached_property
    def replies(self) -> ToOne:
        """Reply by record."""
        return self._one("replies", "record_id")

    @cached_property
    def waybill_changes(self) -> ToOne:
        """Change of waybill by record."""
        return self._one("waybill_changes", "record_id")

    @cached_property
    def cards(self) -> ToMany:
        """Cards by ticket."""
        return self._many("cards", "ticket_id")

    @cached_property
    def complaints(self) -> ToOne:
        """Last complaint by ticket."""
        return self._one("complaints", "ticket_id")

    def first_records(self, count: int) -> ToMany:
        """The first records by ticket."""
        return self._of_size("first_records", "ticket_id", count)

    def last_records(self, count: int) -> ToMany:
        """The last records by ticket."""
        return self._of_size("last_records", "ticket_id", count)

    def scans(self, count: int) -> ToMany:
        """The latest scans by parcel."""
        return self._of_size("scans", "parcel_id", count)

    def _one(self, statement: str, key: str) -> ToOne:
        async def load(keys: list[UUID]) -> list[Row | None]:
            rows = {row[key]: row for row in await self.fetch(statement, keys)}
            return [rows.get(each) for each in keys]

        return DataLoader(load_fn=load)

    def _many(self, statement: str, key: str, *values: object) -> ToMany:
        async def load(keys: list[UUID]) -> list[list[Row]]:
            rows: defaultdict[UUID, list[Row]] = defaultdict(list)
            for row in await self.fetch(statement, keys, *values):
                rows[row[key]].append(row)
            return [rows[each] for each in keys]

        return DataLoader(load_fn=load)

    def _of_size(self, statement: str, key: str, count: int) -> ToMany:
        found = self._sized.get((statement, count))
        if found is None:
            # One more than is shown tells whether there are more.
            found = self._sized[statement, count] = self._many(statement, key, count + 1)
        return found
