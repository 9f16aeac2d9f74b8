"""Fields that hold a number, an amount, a moment or a code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.refusals.ground import Ground, soon
from tests.refusals.rules import DAY, HOUR, MINUTE, ZERO, Bad, Good, Rule, Said
from tests.refusals.verdicts import wrong

LARGEST = 2**31 - 1
"""What an Int of GraphQL holds."""


@dataclass(frozen=True)
class Whole(Rule):
    """A number between two others."""

    least: int = 0
    most: int = LARGEST

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        for value in (self.least - 1, -LARGEST - 1):
            yield Bad(f"{value:,}", value, wrong("OUT_OF_RANGE"))
        if self.most < LARGEST:
            for value in (self.most + 1, LARGEST):
                yield Bad(f"{value:,}", value, wrong("OUT_OF_RANGE"))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground, good
        yield from (Good(f"{value:,}", value) for value in (self.least, self.most))

    def said(self) -> Iterator[Said]:
        most = "" if self.most == LARGEST else f" or more than {self.most:,}"
        yield Said("InvalidInput", "OUT_OF_RANGE", (), f"less than {self.least:,}{most}")


@dataclass(frozen=True)
class Amount(Rule):
    """Yuan, from 0 to what the database holds."""

    other: Any = field(default="12.34", kw_only=True)

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        for value in ("-0.01", "-9999999999.99"):
            yield Bad(value, value, wrong("OUT_OF_RANGE"))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground, good
        yield from (Good(value, value) for value in ("0", "0.00", "-0", "9999999999.99"))

    def said(self) -> Iterator[Said]:
        yield Said("InvalidInput", "OUT_OF_RANGE", (), "less than 0")


@dataclass(frozen=True)
class Moment(Rule):
    """An instant. `past`: the problem of one that is over; `future`: of one further ahead than `ahead`."""

    past: str | None = None
    future: str | None = None
    ahead: timedelta = 5 * MINUTE
    begins: bool = False
    """One of several that have to stand in their order."""

    def another(self, ground: Ground) -> Any:
        del ground
        if self.begins:
            return soon(5 * DAY)
        return soon(-2 * DAY) if self.past is None else soon(11 * HOUR)

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        if self.past is not None:
            yield Bad("an hour ago", soon(-HOUR), wrong(self.past))
            yield Bad("1970", "1970-01-01T00:00:00Z", wrong(self.past))
        if self.future is not None:
            yield Bad("an hour too far ahead", soon(self.ahead + HOUR), wrong(self.future))
            yield Bad("2999", "2999-12-31T23:59:59.999Z", wrong(self.future))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground, good
        if self.begins:
            return
        far = soon(self.ahead - MINUTE) if self.future else "2999-12-31T23:59:59.999Z"
        yield Good("as far ahead as allowed", far)
        if self.past is None:
            yield Good("1970", "1970-01-01T00:00:00Z")

    def said(self) -> Iterator[Said]:
        if self.past is not None:
            yield Said("InvalidInput", self.past, (), "not in the future")
        if self.future is not None:
            minutes = int(self.ahead / MINUTE)
            ahead = "the scheme may promise" if minutes > 60 else f"{minutes} minutes ahead"
            yield Said("InvalidInput", self.future, (), f"further than {ahead}")


@dataclass(frozen=True)
class Region(Rule):
    """A GB/T 2260 code, or the beginning of one, of at least so many digits."""

    least: int = 2
    other: Any = field(default="11", kw_only=True)

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        short = "3" * (self.least - 1)
        for value in (short, "1234567", "沪", "44x", "４４", ZERO):
            yield Bad(repr(value), value, wrong("NOT_A_REGION"))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground, good
        yield from (Good(value, value) for value in ("4" * self.least, "440106"))

    def said(self) -> Iterator[Said]:
        yield Said("InvalidInput", "NOT_A_REGION", (), f"not {self.least} to 6 digits")
