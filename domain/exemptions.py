"""Exemptions: what they match, and how they move a deadline (`domain.md §5`). Pure; times aware and UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from domain.shop import Market

TITLE_CHARACTERS = 200
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when rules hold that nobody has changed."""


class ExemptionEnd(StrEnum):
    """Which end of the parcel's way the region is matched against."""

    ORIGIN = "ORIGIN"
    DESTINATION = "DESTINATION"
    EITHER = "EITHER"


class ExemptionBasis(StrEnum):
    """What has to fall in the exemption's window."""

    DEADLINE = "DEADLINE"
    PAID_AT = "PAID_AT"
    SHIP_BY = "SHIP_BY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A dated relief. Its window includes `starts_at`, not `ends_at`; `region` is a GB/T 2260 prefix."""

    id: UUID
    market: Market | None = None
    region: str | None = None
    end: ExemptionEnd = ExemptionEnd.EITHER
    basis: ExemptionBasis = ExemptionBasis.DEADLINE
    starts_at: datetime
    ends_at: datetime
    latest_at: datetime

    def covers(self, order: OrderFacts) -> bool:
        """Whether market and region are the order's; a region that is not known is in none."""
        if self.market is not None and self.market is not order.market:
            return False
        return self.region is None or any(
            code is not None and code.startswith(self.region) for code in self._ends(order)
        )

    def applies(self, order: OrderFacts, deadline: datetime) -> bool:
        """Whether what the basis names falls in the window."""
        match self.basis:
            case ExemptionBasis.PAID_AT:
                judged = order.paid_at
            case ExemptionBasis.SHIP_BY:
                judged = order.ship_by
            case _:
                judged = deadline
        return judged is not None and self.starts_at <= judged < self.ends_at

    def _ends(self, order: OrderFacts) -> tuple[str | None, ...]:
        match self.end:
            case ExemptionEnd.ORIGIN:
                return (order.origin_region,)
            case ExemptionEnd.DESTINATION:
                return (order.destination_region,)
            case _:
                return order.origin_region, order.destination_region


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What exemptions ask of an order. `ship_by` is its shipping limit before any exemption."""

    market: Market
    origin_region: str | None = None
    destination_region: str | None = None
    paid_at: datetime | None = None
    ship_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """How a deadline came to stand where it does: `steps`, the first as the window gave it, and for each
    further one the exemption that moved it there; None for one that was not taken back (`KEPT`).
    """

    steps: tuple[datetime, ...]
    moved_by: tuple[UUID | None, ...] = ()

    @property
    def at(self) -> datetime:
        """Where it stands."""
        return self.steps[-1]

    def to(self, at: datetime, by: UUID | None = None) -> Path:
        """One step further."""
        return Path((*self.steps, at), (*self.moved_by, by))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The exemptions that cover one order, at a revision of the rules; `changed_at` is when that was made."""

    revision: int = 0
    changed_at: datetime = NEVER
    order: OrderFacts | None = None
    exemptions: tuple[Exemption, ...] = field(default=())

    def path(self, base: datetime) -> Path:
        """The deadline that begins at `base`, moved until nothing moves it (`domain.md §5`)."""
        return self.onward(Path((base,)))

    def onward(self, path: Path) -> Path:
        """The same from where a path has come to. Each step is later than the last, so it ends.

        Of several exemptions that apply at once the latest counts; the smaller id when they are equal.
        """
        while self.order is not None:
            later = [
                each
                for each in self.exemptions
                if each.latest_at > path.at and each.applies(self.order, path.at)
            ]
            if not later:
                break
            best = min(later, key=lambda each: (-each.latest_at.timestamp(), each.id))
            path = path.to(best.latest_at, best.id)
        return path


UNMOVED = Calendar()
"""The calendar of whom no exemption concerns, before the first change of the rules."""


def calendar(
    exemptions: Iterable[Exemption], order: OrderFacts, *, revision: int, changed_at: datetime
) -> Calendar:
    """The calendar of one order."""
    covering = tuple(each for each in exemptions if each.covers(order))
    return Calendar(revision, changed_at, order, covering)
