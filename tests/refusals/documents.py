"""The field that holds a whole policy as JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from db import policies
from domain.shop import Market
from tests.refusals.ground import Ground
from tests.refusals.places import ABSENT, spoilt
from tests.refusals.rules import ZERO, Bad, Good, Rule, Said
from tests.refusals.verdicts import wrong

SHIPPED: dict[str, Any] = json.loads(policies.shipped(Market.GENERIC).document)
MOST = 100_000


def text(*changes: tuple[str, Any]) -> str:
    """The shipped policy with other values at these paths, such as `complaints.mostADay`."""
    made = SHIPPED
    for path, value in changes:
        made = spoilt(made, ("", *path.split(".")), value)
    return json.dumps(made, ensure_ascii=False)


FIRST = SHIPPED["replySchemes"][0]
BROKEN: tuple[tuple[str, Any, str, str], ...] = (
    ("replyWindowHours", ABSENT, "REQUIRED", ""),
    ("surplus", 1, "ADDITIONALPROPERTIES", ""),
    ("replyWindowHours", "24", "TYPE", "replyWindowHours"),
    ("replyWindowHours", 24.5, "TYPE", "replyWindowHours"),
    ("replyWindowHours", True, "TYPE", "replyWindowHours"),
    ("replyWindowHours", None, "TYPE", "replyWindowHours"),
    ("replyWindowHours", 0, "MINIMUM", "replyWindowHours"),
    ("replyWindowHours", 8_761, "MAXIMUM", "replyWindowHours"),
    ("replyWindowHours", 10**30, "MAXIMUM", "replyWindowHours"),
    ("reminderMinutes", [5, 5], "UNIQUEITEMS", "reminderMinutes"),
    ("reminderMinutes", list(range(1, 22)), "MAXITEMS", "reminderMinutes"),
    ("reminderMinutes", [0], "MINIMUM", "reminderMinutes.0"),
    ("complaints.mostADay", "1", "PATTERN", "complaints.mostADay"),
    ("complaints.mostADay", "1.00\n", "NOT", "complaints.mostADay"),
    ("complaints.noPickup.rate", "1.1", "PATTERN", "complaints.noPickup.rate"),
    ("complaints.noPickup.least", "900.00", "OUT_OF_ORDER", "complaints.noPickup.least"),
    ("replySchemes", [], "MINITEMS", "replySchemes"),
    ("replySchemes", [{**FIRST, "kinds": ["URGE_PICKUP"]}], "REQUIRED", "replySchemes"),
    ("replySchemes.1", SHIPPED["replySchemes"][0], "DUPLICATE", "replySchemes.1.code"),
    ("replySchemes.0.kinds", ["OTHER"], "ENUM", "replySchemes.0.kinds.0"),
    ("replySchemes.0.labelZh", " ", "PATTERN", "replySchemes.0.labelZh"),
    ("replySchemes.0.labelZh", "字" * 61, "MAXLENGTH", "replySchemes.0.labelZh"),
    ("replySchemes.0.labelZh", ZERO, "NOT", "replySchemes.0.labelZh"),
)
"""Where a document is broken, with what, and the problem and its place in the document."""


@dataclass(frozen=True)
class Document(Rule):
    """A policy: JSON text that the published schema holds for, and what a schema cannot say."""

    def another(self, ground: Ground) -> Any:
        del ground
        return text(("maxRounds", 7))

    def bad(self, ground: Ground, good: Any) -> Iterator[Bad]:
        del ground, good
        for name, value in {"empty": "", "a bracket": "{", "zero character": ZERO, "NaN": "NaN"}.items():
            yield Bad(name, value, wrong("NOT_JSON"))
        yield Bad("nested without end", "[" * MOST, wrong("NOT_JSON"))
        yield Bad("half a surrogate", '{"a": "\\ud800"}', wrong("NOT_JSON"))
        yield Bad("too long", " " * (MOST + 1), wrong("TOO_LONG"))
        for value in ("[]", "7", "null", '"x"'):
            yield Bad(f"is {value}", value, wrong("TYPE"))
        for path, value, problem, at in BROKEN:
            made = text((path, value))
            yield Bad(f"{path} is {value!r}"[:60], made, wrong(problem, *at.split(".") if at else ()))

    def taken(self, ground: Ground, good: Any) -> Iterator[Good]:
        del ground
        yield Good("with spaces around it", f" \n{good}\n ")

    def said(self) -> Iterator[Said]:
        yield Said("InvalidInput", "NOT_JSON", (), "not JSON")
        yield Said("InvalidInput", "TOO_LONG", (), f"longer than {MOST:,} characters")
        when = "a keyword of `policies/policy.schema.json` in capitals, such as TYPE: it does not hold there"
        yield Said("InvalidInput", "…", ("…",), when)
        yield Said("InvalidInput", "OUT_OF_ORDER", ("complaints", "…", "least"), "more than the most")
        yield Said("InvalidInput", "DUPLICATE", ("replySchemes", "…", "code"), "stands twice")
        yield Said("InvalidInput", "REQUIRED", ("replySchemes",), "no scheme answers a kind of ticket")
