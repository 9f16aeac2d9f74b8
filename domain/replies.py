"""Reply schemes as data, and the check of a reply against its scheme (`domain.md §6`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from domain.errors import InvalidInput, Problem
from domain.ticket_words import TicketKind

NOTE_CHARACTERS = 2_000
PROOFS = 9
PROOF_URL_CHARACTERS = 2_000


class ReplyRequirement(StrEnum):
    """What a scheme asks for beside its own name."""

    WAYBILL = "WAYBILL"
    PROMISED_TIME = "PROMISED_TIME"
    NOTE = "NOTE"
    PROOF = "PROOF"


@dataclass(frozen=True, slots=True)
class ReplyScheme:
    """One way of replying. `longest_promise` bounds the promised time, counted from the reply."""

    code: str
    label_zh: str
    label_en: str
    kinds: tuple[TicketKind, ...]
    requires: tuple[ReplyRequirement, ...]
    longest_promise: timedelta
    stops_clock: bool = True

    def label(self, locale: str) -> str:
        """The name users see: English for `en…`, Chinese for any other locale."""
        return self.label_en if locale.lower().startswith("en") else self.label_zh

    @property
    def takes_waybill(self) -> bool:
        """Whether the reply changes the parcel's waybill."""
        return ReplyRequirement.WAYBILL in self.requires


_PICKUP = (TicketKind.URGE_PICKUP,)
_BOTH = (TicketKind.URGE_PICKUP, TicketKind.URGE_SHIPMENT)
_WAYBILL, _TIME, _NOTE, _PROOF = (
    ReplyRequirement.WAYBILL,
    ReplyRequirement.PROMISED_TIME,
    ReplyRequirement.NOTE,
    ReplyRequirement.PROOF,
)

SCHEMES: tuple[ReplyScheme, ...] = (
    ReplyScheme("CHANGE_WAYBILL", "修改运单号", "Waybill changed", _PICKUP, (_WAYBILL,), timedelta(hours=24)),
    ReplyScheme("PROMISE_PICKUP", "承诺揽收时间", "Pickup promised", _BOTH, (_TIME,), timedelta(hours=48)),
    ReplyScheme("COURIER_URGED", "已联系快递揽收", "Courier urged", _PICKUP, (), timedelta(hours=24)),
    ReplyScheme(
        "SCAN_MISSING",
        "已交快递，揽收信息未更新",
        "Handed over, scan missing",
        _PICKUP,
        (_PROOF,),
        timedelta(hours=24),
    ),
    ReplyScheme("REFUND_AGREED", "已与买家协商退款", "Refund agreed", _BOTH, (_NOTE,), timedelta(hours=72)),
    ReplyScheme("OUT_OF_STOCK", "缺货无法发出", "Out of stock", _BOTH, (_NOTE,), timedelta(hours=24)),
    ReplyScheme(
        "BUYER_ASKED_LATER",
        "买家要求延后",
        "Buyer asked for later",
        _BOTH,
        (_NOTE, _TIME),
        timedelta(days=15),
    ),
    ReplyScheme("ADDRESS_PROBLEM", "收货地址问题", "Address problem", _BOTH, (_NOTE,), timedelta(hours=48)),
    ReplyScheme(
        "FORCE_MAJEURE", "不可抗力（已报备）", "Force majeure (reported)", _BOTH, (_NOTE,), timedelta(days=7)
    ),
)
"""Those of the shipped policies; a policy that is saved has its own."""
BY_CODE = {scheme.code: scheme for scheme in SCHEMES}


def schemes_for(kind: TicketKind) -> tuple[ReplyScheme, ...]:
    """Those of them that a ticket of this kind may be answered with, in the order they are offered."""
    return tuple(scheme for scheme in SCHEMES if kind in scheme.kinds)


@dataclass(frozen=True, slots=True)
class ReplyFields:
    """What the seller filled in. `waybill` is (carrier, number) as typed."""

    note: str | None = None
    promised_at: datetime | None = None
    waybill: tuple[str, str] | None = None
    proof_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that passed its scheme. `promise_ends_at` is set also when no time was promised."""

    scheme: ReplyScheme
    note: str | None
    promised_at: datetime | None
    promise_ends_at: datetime
    proof_urls: tuple[str, ...]


def check(
    scheme_code: str,
    kind: TicketKind,
    fields: ReplyFields,
    now: datetime,
    schemes: tuple[ReplyScheme, ...] = SCHEMES,
) -> Reply:
    """The checked reply; raises `InvalidInput` naming every faulty field, also under `input` (§6).

    `schemes` are those of the ticket's policy.
    """
    offered = [each for each in schemes if kind in each.kinds]
    scheme = next((each for each in offered if each.code == scheme_code), None)
    note = (fields.note or "").strip() or None
    problems = [
        *_scheme_problems(scheme, kind, fields, offered),
        *_promise_problems(scheme, fields.promised_at, now),
        *proof_problems(fields.proof_urls),
        *_note_problems(note),
    ]
    if scheme is None or problems:
        raise InvalidInput(problems)
    ends_at = fields.promised_at if fields.promised_at is not None else now + scheme.longest_promise
    return Reply(scheme, note, fields.promised_at, ends_at, fields.proof_urls)


def _problem(code: str, message: str, field: str) -> Problem:
    return Problem(code, message, ("input", field))


def _scheme_problems(
    scheme: ReplyScheme | None, kind: TicketKind, fields: ReplyFields, offered: list[ReplyScheme]
) -> list[Problem]:
    if scheme is None:
        known = ", ".join(each.code for each in offered)
        return [_problem("UNKNOWN_SCHEME", f"Schemes for {kind.value}: {known}.", "scheme")]
    given = {
        ReplyRequirement.WAYBILL: fields.waybill is not None and all(map(str.strip, fields.waybill)),
        ReplyRequirement.PROMISED_TIME: fields.promised_at is not None,
        ReplyRequirement.NOTE: bool((fields.note or "").strip()),
        ReplyRequirement.PROOF: bool(fields.proof_urls),
    }
    names = {
        ReplyRequirement.WAYBILL: "waybill",
        ReplyRequirement.PROMISED_TIME: "promisedPickupAt",
        ReplyRequirement.NOTE: "note",
        ReplyRequirement.PROOF: "proofUrls",
    }
    problems = [
        _problem("REQUIRED", f"{scheme.code} requires {names[need]}.", names[need])
        for need in scheme.requires
        if not given[need]
    ]
    if fields.waybill is not None and not scheme.takes_waybill:
        problems.append(
            _problem("NOT_TAKEN", f"{scheme.code} takes no waybill: use CHANGE_WAYBILL.", "waybill")
        )
    return problems


def _note_problems(note: str | None) -> list[Problem]:
    if note is not None and len(note) > NOTE_CHARACTERS:
        return [_problem("TOO_LONG", f"A note has at most {NOTE_CHARACTERS} characters.", "note")]
    if note is not None and "\x00" in note:
        return [_problem("BAD_CHARACTER", "A note holds no zero character.", "note")]
    return []


def _promise_problems(
    scheme: ReplyScheme | None, promised_at: datetime | None, now: datetime
) -> list[Problem]:
    if promised_at is None:
        return []
    if promised_at <= now:
        return [_problem("IN_THE_PAST", "The promised time must lie in the future.", "promisedPickupAt")]
    if scheme is not None and promised_at > now + scheme.longest_promise:
        hours = int(scheme.longest_promise.total_seconds() // 3600)
        message = f"{scheme.code} may promise at most {hours} hours ahead."
        return [_problem("TOO_LATE", message, "promisedPickupAt")]
    return []


def proof_problems(urls: tuple[str, ...]) -> list[Problem]:
    """Every fault of links to proofs, under `input.proofUrls` (§6)."""
    if len(urls) > PROOFS:
        return [_problem("TOO_MANY", f"At most {PROOFS} proofs.", "proofUrls")]
    return [
        Problem("NOT_HTTPS", "A proof is an https link.", ("input", "proofUrls", str(index)))
        for index, url in enumerate(urls)
        if not _is_https(url)
    ]


def _is_https(url: str) -> bool:
    if len(url) > PROOF_URL_CHARACTERS or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False
