"""What an input field may hold: for each kind of field the values that are refused, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from domain.ids import IdKind
from tests.refusals.ground import Ground
from tests.refusals.verdicts import CONFLICT, MISSING, Refused, wrong

ZERO = "a\x00b"
LONGEST = 100_000
FOUR_BYTES = "𠮷"
"""A character as large as there are: what an index of the database has to hold so many of."""
KINDS = list(IdKind)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Bad(NamedTuple):
    """A value that is refused: its name, and what with, `path` counted from the field."""

    name: str
    value: Any
    verdict: Refused


class Good(NamedTuple):
    """A value at the border that is taken."""

    name: str
    value: Any


class Said(NamedTuple):
    """A line of `docs/errors.md`: the error, its problem, where below the field, and when."""

    member: str
    problem: str | None
    at: tuple[str, ...]
    when: str


@dataclass(frozen=True)
class Rule:
    """A field without any rule but its type."""

    other: Any = field(default=None, kw_only=True)
    """Another value that is as good: a key that comes again with it is refused."""

    def another(self, ground: Ground) -> Any:
        """That value."""
        del ground
        return self.other

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        """The values that are refused; `good` is one that is taken."""
        del ground, good
        yield from ()

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        """Values at the border that are taken."""
        del ground, good
        yield from ()

    def said(self) -> Iterator[Said]:
        """What the page of errors says."""
        yield from ()


@dataclass(frozen=True)
class Text(Rule):
    """Words of at most so many characters. `blank` None: blank is as if left out."""

    most: int = LONGEST
    blank: str | None = "REQUIRED"
    long: str = "TOO_LONG"
    zero: str = "BAD_CHARACTER"
    other: Any = field(default="另一个", kw_only=True)

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        if self.blank is not None:
            for name, value in (("empty", ""), ("blank", " \t\n"), ("blank in Chinese", "\u3000")):
                yield Bad(name, value, wrong(self.blank))
        yield Bad("too long", "字" * (self.most + 1), wrong(self.long))
        yield Bad("zero character", ZERO, wrong(self.zero))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground, good
        yield Good("as long as allowed", FOUR_BYTES * self.most)
        if self.blank is None:
            yield Good("blank", " ")

    def said(self) -> Iterator[Said]:
        if self.long == self.zero == self.blank:
            when = f"blank, longer than {self.most:,} characters, or holds a zero character (U+0000)"
            yield Said("InvalidInput", self.blank, (), when)
            return
        if self.blank is not None:
            yield Said("InvalidInput", self.blank, (), "blank")
        yield Said("InvalidInput", self.long, (), f"longer than {self.most:,} characters")
        yield Said("InvalidInput", self.zero, (), "holds a zero character (U+0000)")


@dataclass(frozen=True)
class Word(Rule):
    """One of a few words that the API knows."""

    unknown: str = ""
    tolerated: frozenset[str] = frozenset()

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground
        values = {"empty": "", "unknown": "NONE", "zero character": ZERO, "long": "字" * LONGEST}
        values["other case"] = good.swapcase()
        for name, value in values.items():
            yield Bad(name, value, wrong(self.unknown, tolerated=self.tolerated))

    def said(self) -> Iterator[Said]:
        yield Said("InvalidInput", self.unknown, (), "none of the words it may be")


@dataclass(frozen=True)
class Number(Rule):
    """A waybill number; `known`: one that is there already."""

    known: bool = False
    other: Any = field(default="SF1234567890123", kw_only=True)

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        values = {"empty": "", "blank": " ", "long": "9" * 41, "words": "运单", "zero character": ZERO}
        for name, value in values.items():
            yield Bad(name, value, wrong("BAD_NUMBER"))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground, good
        if not self.known:
            yield Good("as long as allowed", "9" * 40)

    def said(self) -> Iterator[Said]:
        yield Said("InvalidInput", "BAD_NUMBER", (), "not 1 to 40 letters, digits and hyphens")


@dataclass(frozen=True)
class Known(Rule):
    """The number of something that the shop has."""

    what: str = "order"

    def another(self, ground: Ground) -> Any:
        return ground["number of order.SIGNED"]

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        values = {"empty": "", "unknown": "0", "zero character": ZERO, "long": "字" * LONGEST}
        values["of another shop"] = ground.theirs[ground.name_of(good)]
        for name, value in values.items():
            yield Bad(name, value, MISSING)

    def said(self) -> Iterator[Said]:
        yield Said("NotFound", None, (), f"the shop has no such {self.what}")


@dataclass(frozen=True)
class Id(Rule):
    """The public id of a thing: one that nobody has, and one of another shop, are the same."""

    kind: IdKind = IdKind.SHOP
    refusal: Refused = MISSING

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        other = KINDS[(KINDS.index(self.kind) + 1) % len(KINDS)]
        values = {
            "empty": "",
            "malformed": "x",
            "a number": 7,
            "long": "字" * LONGEST,
            "zero character": f"{good}\x00",
            "upper case": good.upper(),
            "without its prefix": good.partition("_")[2],
            "of another type": other.value + good[3:],
            "one digit short": good[:-1],
            "unknown": ground.unknown(self.kind),
        }
        for name, value in values.items():
            yield Bad(name, value, self.refusal)

    def said(self) -> Iterator[Said]:
        when = f"no such {self.kind.name.lower().replace('_', ' ')}, or none that you see"
        yield Said(self.refusal.member, self.refusal.problem, (), when)


@dataclass(frozen=True)
class Version(Rule):
    """The version of a ticket that the client looks at."""

    other: Any = field(default=2, kw_only=True)

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground
        for value in (good - 1, good + 1, -1, 2**31 - 1):
            yield Bad(f"{value:,}", value, Refused("VersionConflict", ()))

    def said(self) -> Iterator[Said]:
        yield Said("VersionConflict", None, (), "not the version that the ticket is at")


@dataclass(frozen=True)
class Key(Text):
    """An idempotency key."""

    most: int = 200
    blank: str | None = "BAD_KEY"
    long: str = "BAD_KEY"
    zero: str = "BAD_KEY"

    def said(self) -> Iterator[Said]:
        yield from super().said()
        yield Said(CONFLICT.member, None, (), "used before, within 7 days, with other input")


@dataclass(frozen=True)
class Rows(Rule):
    """A list of rows, or of ids, each answered by itself; more than `most` refuse the whole call."""

    most: int = 500
    each: Rule | None = None
    """The rule of an id; rows have rules for their fields."""

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground
        yield Bad(f"{self.most + 1:,} of them", list(good[:1]) * (self.most + 1), wrong("TOO_MANY"))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground, good
        yield Good("empty", [])

    def said(self) -> Iterator[Said]:
        yield Said("InvalidInput", "TOO_MANY", (), f"more than {self.most:,}: the whole call")
        if self.each is not None:
            yield from (each._replace(at=("0", *each.at)) for each in self.each.said())
            yield Said("InvalidInput", "DUPLICATE", ("0",), "stands in the call before")


@dataclass(frozen=True)
class Some(Rule):
    """A list of words of which at least one is wanted."""

    problem: str = "REQUIRED"

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        yield Bad("empty", [], wrong(self.problem))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground
        yield Good("the same many times", list(good) * 300)

    def said(self) -> Iterator[Said]:
        yield Said("InvalidInput", self.problem, (), "empty")


@dataclass(frozen=True)
class Parts(Rule):
    """An object with fields of its own."""
