"""The frame of the calls that record many rows: one shop, one result a row, good rows land."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db import finding
from domain import access, ids
from domain.access import Action
from domain.errors import InvalidInput, NotFound, Problem
from domain.ids import IdKind
from resolvers import refusals
from resolvers.commands import Recorded, RowResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from domain.errors import DomainError
    from resolvers.context import Context

MOST_ROWS = 500
CREATED, UPDATED, UNCHANGED, FAILED = "CREATED", "UPDATED", "UNCHANGED", "FAILED"


async def shop_of(context: Context, public_id: str) -> UUID:
    """The shop a call records for; raises `Forbidden` or `NotFound`."""
    access.require(context.viewer, Action.RECORD)
    shop_id = ids.decode_as(IdKind.SHOP, public_id)
    async with context.database.pool.acquire() as connection:
        found = await finding.shop(connection, context.viewer, shop_id) if shop_id else None
    if found is None:
        raise NotFound("shop", path=("input", "shopId"))
    return found


def check_count(rows: Sequence[object], field: str) -> None:
    """Raise `InvalidInput` when a call holds more rows than are taken at once."""
    if len(rows) > MOST_ROWS:
        message = f"At most {MOST_ROWS} rows a call: send {len(rows)} in several."
        raise InvalidInput([Problem("TOO_MANY", message, ("input", field))])


class Results:
    """What becomes of each row, filled in any order."""

    def __init__(self, count: int, field: str) -> None:
        self.field = field
        self.rows: list[RowResult | None] = [None] * count

    def done(self, index: int, outcome: str, public_id: str | None) -> None:
        """The row landed, or was there already."""
        self.rows[index] = RowResult(index, outcome, public_id)

    def fail(self, index: int, error: DomainError) -> None:
        """The row is refused."""
        self.rows[index] = RowResult(index, FAILED, None, error)

    def invalid(self, index: int, problems: Sequence[Problem]) -> None:
        """The row is refused for these faults, whose paths are made to lead to it."""
        placed = [
            Problem(each.code, each.message, ("input", self.field, str(index), *each.path))
            for each in problems
        ]
        self.fail(index, InvalidInput(placed))

    def open(self, index: int) -> bool:
        """Whether nothing is known of the row yet."""
        return self.rows[index] is None

    @property
    def landed(self) -> bool:
        """Whether any row is not refused: else nothing was done, and an idempotency key stays unused."""
        return any(row is None or row.error is None for row in self.rows)

    def recorded(self) -> Recorded:
        """All of them."""
        return Recorded(tuple(row for row in self.rows if row is not None))


def stored(recorded: Recorded) -> dict[str, Any]:
    """The result as the idempotency key keeps it."""
    return {"rows": [_row(row) for row in recorded.rows]}


def again(kept: dict[str, Any]) -> Recorded:
    """The result of the first call, from what the idempotency key kept."""
    return Recorded(
        tuple(
            RowResult(row["index"], row["outcome"], row["id"], refusals.again(row["error"]))
            for row in kept["rows"]
        )
    )


def _row(row: RowResult) -> dict[str, Any]:
    error = refusals.kept(row.error)
    return {"index": row.index, "outcome": row.outcome, "id": row.id, "error": error}
