"""Fields that hold links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.refusals.ground import Ground
from tests.refusals.rules import ZERO, Bad, Good, Rule, Said
from tests.refusals.verdicts import wrong

LINK = "https://example.com/1"


@dataclass(frozen=True)
class Links(Rule):
    """https links, at most so many."""

    most: int = 9
    other: Any = field(default_factory=lambda: ["https://example.com/other"], kw_only=True)

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        for many in (self.most + 1, 201, 10_000):
            yield Bad(f"{many:,}", [LINK] * many, wrong("TOO_MANY"))
        values = ("", "x", "http://example.com", "https://", "https://a b.example", "https://u@example.com")
        for value in (*values, f"https://example.com/{ZERO}", "https://example.com/" + "x" * 2_000):
            yield Bad(f"second is {value[:30]!r}", [LINK, value], wrong("NOT_HTTPS", "1"))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground, good
        yield Good("as many as allowed", [LINK] * self.most)

    def said(self) -> Iterator[Said]:
        yield Said("InvalidInput", "TOO_MANY", (), f"more than {self.most}")
        yield Said("InvalidInput", "NOT_HTTPS", ("0",), "not an https link of at most 2,000 characters")


@dataclass(frozen=True)
class Url(Rule):
    """Where a webhook posts to."""

    other: Any = field(default="https://other.example/hooks", kw_only=True)

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        for problem, values in BAD_URLS.items():
            for value in values:
                yield Bad(value[:30], value, wrong(problem))

    def said(self) -> Iterator[Said]:
        yield Said("InvalidInput", "BAD_URL", (), "not a link in ASCII without user, password or fragment")
        yield Said("InvalidInput", "NOT_HTTPS", (), "not https")
        yield Said("InvalidInput", "NOT_PUBLIC", (), "leads to this machine or a private network")
        yield Said("InvalidInput", "TOO_LONG", (), "longer than 2,000 characters")


BAD_URLS = {
    "BAD_URL": ("", "x", "ftp://a.example", "https://", "https://u:p@a.example", "https://a.example#x",
                "https://例.example", f"https://a.example/{ZERO}", "https://a.example:0"),
    "NOT_HTTPS": ("http://seller.example",),
    "NOT_PUBLIC": ("https://localhost", "https://127.0.0.1", "https://10.0.0.1", "https://[::1]",
                   "https://169.254.169.254"),
    "TOO_LONG": ("https://seller.example/" + "x" * 2_000,),
}  # fmt: skip
