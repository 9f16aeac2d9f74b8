"""Reply templates: notes with variables such as `{{buyer_nick}}`, filled in for each ticket (`domain.md §6`).

A template is written for one scheme. What the seller writes beside it takes its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from domain.cards import SHANGHAI
from domain.errors import Problem
from domain.order import text_problem
from domain.replies import BY_CODE, NOTE_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

TITLE_CHARACTERS = 100
MOST_TEMPLATES = 200
"""Of one shop: they are listed without pages."""
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_PATH = ("input", "templateId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a template may say of one reply. `waybills`: (carrier's name, number) of each current parcel."""

    buyer_nick: str
    item_title: str
    order_number: str
    ticket_number: str
    shop_name: str
    locale: str
    waybills: Sequence[tuple[str, str]] = ()
    shipped_at: datetime | None = None
    promised_at: datetime | None = None


VARIABLES = (
    "buyer_nick",
    "carrier",
    "item_title",
    "order_number",
    "promised_at",
    "shipped_at",
    "shop_name",
    "ticket_number",
    "waybill",
)
"""All there are; anything else in double braces is refused when a template is saved."""


def check(
    *, title: str, scheme_code: str, body: str, schemes: Collection[str] = tuple(BY_CODE)
) -> list[Problem]:
    """Every fault of a template, with its field under `input` as path; an unknown variable is named.

    `schemes`: the codes of the schemes of its shop's market.
    """
    limits = (("title", title, TITLE_CHARACTERS), ("body", body, NOTE_CHARACTERS))
    found = [text_problem(field, value, most) for field, value, most in limits]
    problems = [each for each in found if each is not None]
    if scheme_code not in schemes:
        problems.append(Problem("UNKNOWN_SCHEME", f"Schemes: {', '.join(schemes)}.", ("schemeCode",)))
    problems += _variable_problems(body)
    return [Problem(each.code, each.message, ("input", *each.path)) for each in problems]


def render(body: str, facts: Facts) -> tuple[str, list[Problem]]:
    """The note that a template makes of one reply, and why it makes none.

    Times are shown in China's time, as on cards. A variable without a value for this ticket is a fault: a
    buyer must not read a sentence with a hole in it. Values are filled in as they are, never read again.
    """
    values = _values(facts)
    empty = [name for name in dict.fromkeys(_VARIABLE.findall(body)) if not values.get(name)]
    if empty:
        shown = ", ".join(f"{{{{{name}}}}}" for name in empty)
        return "", [Problem("NO_VALUE", f"This ticket has nothing to put in the place of {shown}.", _PATH)]
    note = _VARIABLE.sub(lambda found: values[found[1]], body)
    if len(note) > NOTE_CHARACTERS:
        message = f"With this ticket's values the note has more than {NOTE_CHARACTERS} characters."
        return "", [Problem("TOO_LONG", message, _PATH)]
    return note, []


def _variable_problems(body: str) -> list[Problem]:
    known = ", ".join(f"{{{{{name}}}}}" for name in VARIABLES)
    problems = [
        Problem(
            "UNKNOWN_VARIABLE", f"There is no variable {{{{{name}}}}}. The variables are {known}.", ("body",)
        )
        for name in dict.fromkeys(_VARIABLE.findall(body))
        if name not in VARIABLES
    ]
    left = _VARIABLE.sub("", body)
    if "{{" in left or "}}" in left:
        message = "A variable is a name between {{ and }}: one of them stands without the other."
        problems.append(Problem("BAD_VARIABLE", message, ("body",)))
    return problems


def _values(facts: Facts) -> Mapping[str, str]:
    between = ", " if facts.locale.lower().startswith("en") else "、"
    carriers = dict.fromkeys(carrier for carrier, _ in facts.waybills)
    return {
        "buyer_nick": facts.buyer_nick,
        "carrier": between.join(carriers),
        "item_title": facts.item_title,
        "order_number": facts.order_number,
        "promised_at": _shown(facts.promised_at),
        "shipped_at": _shown(facts.shipped_at),
        "shop_name": facts.shop_name,
        "ticket_number": facts.ticket_number,
        "waybill": between.join(number for _, number in facts.waybills),
    }


def _shown(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
