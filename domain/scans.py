"""Carrier scans: what one is, and which of them prove that a parcel was picked up (`domain.md §8`)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

KUAIDI100 = "KUAIDI100"
SMART_LOGISTICS = "SMART_LOGISTICS"
API = "API"
FILE = "FILE"

# The code of a scan whose source gave none: it is judged by its text.
NO_CODE = "UNKNOWN"

TEXT_HASH_BYTES = 16
# A carrier's sentence is far shorter; what is longer is kept whole, and judged by its beginning.
JUDGED_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Scan:
    """One event of a waybill as a source reported it.

    `carrier` is canonical, `waybill_number` normalised (`domain.carriers`), `occurred_at` aware and in UTC,
    `code` the source's own (a Kuaidi100 number, a smart-logistics word, `NO_CODE`). The same carrier, number,
    time, code and text hash make the same event, from whichever source and however often it comes.
    """

    carrier: str
    waybill_number: str
    occurred_at: datetime
    code: str
    description: str
    source: str

    @property
    def text_hash(self) -> bytes:
        """The first 16 bytes of the SHA-256 of the description: the part of the identity that its text is."""
        return hashlib.sha256(self.description.encode("utf-8", "surrogatepass")).digest()[:TEXT_HASH_BYTES]


_PROVING_WORDS = frozenset({"GOT", "TRANSPORT", "DELIVERING", "SIGN"})
_NEVER_WORDS = frozenset({"WAIT", "ACCEPT"})
# Kuaidi100: a basic state (0, 3, 5 …) or one of its sub-states (1002, 301, 501 …). 14 is a refusal at the
# door; 10 to 13 are the sub-states of customs (8). None of them befalls a parcel still at the seller's.
_PROVING_CODE = re.compile(r"103|0|10\d\d|[3567]|[3567]\d\d|14|8|8\d\d|1[0-3]", re.ASCII)
# Ordered, awaiting, every problem, cancelled.
_NEVER_CODE = re.compile(r"101|102|2|2\d\d|401", re.ASCII)
_SIGNED_CODE = re.compile(r"3|3\d\d|SIGN", re.ASCII)

_PICKUP = re.compile("已揽收|已揽件|揽收成功")
_BRACKETED = re.compile(r"[【\[(〔「《][^【\[(〔「《】\])〕」》]*[】\])〕」》]")
_CLAUSE = re.compile(r"[^,。;!、\n]+")
# What turns a clause into "not yet", "soon", "if" or "whether". 未央 is a district, not a negation.
_DENIED_BEFORE = re.compile(
    r"未(?!央)|没|(?<![接招优])待|预计|预期|预约|即将|将[于会在]|如果|假如|倘若|一旦|是否|能否|有无|无法|并非"
    r"|不(?:是|代表|等于|算|能|会|予)|取消|撤销|[如若非不无需须要可应请将]$"
)
_DENIED_AFTER = re.compile(r"\s*(?:之?[后前]|以[后前]|率|吗|么|与否|\?|失败|取消|撤销|异常|有误|作废)")


def proves_pickup(code: str, description: str) -> bool:
    """Whether a scan proves that the carrier has the parcel: by its code, else by its text (`domain.md §8`).

    Codes that never prove (101, 102, 2xx, 401, WAIT, ACCEPT) win over any text. Codes that prove need none:
    103, transit 0 and 10xx, delivery 5, signed 3, returned 6 and 14, forwarded 7, customs 8 and 10 to 13, and
    their sub-states; GOT, TRANSPORT, DELIVERING, SIGN. Any other code, basic state 1 too, says nothing: then
    已揽收, 已揽件 or 揽收成功 decides, if said as a fact (not: 等待揽收, 未揽收成功, 预计今日已揽收).
    """
    word = code.strip().upper()
    if word in _NEVER_WORDS or _NEVER_CODE.fullmatch(word):
        return False
    if word in _PROVING_WORDS or _PROVING_CODE.fullmatch(word):
        return True
    return _says_picked_up(description)


def proves_signed(code: str) -> bool:
    """Whether a scan's code says that the parcel was handed over.

    True for Kuaidi100's 3 and 3xx (lockers and neighbours among them) and smart logistics' SIGN, for nothing
    else: 14 is a refusal at the door, 501 waits in a locker, and texts name signatures still to come.
    """
    return _SIGNED_CODE.fullmatch(code.strip().upper()) is not None


def _says_picked_up(description: str) -> bool:
    """Whether a clause of the text states a pickup as a fact: not denied, expected, conditional or asked."""
    text = unicodedata.normalize("NFKC", description[:JUDGED_CHARS]).replace(" ", "")
    # Names of places stand in brackets; they may hold any character, so they take no part.
    text = _BRACKETED.sub(lambda found: found[0] if _PICKUP.search(found[0]) else "", text)
    return any(_states_pickup(clause[0]) for clause in _CLAUSE.finditer(text))


def _states_pickup(clause: str) -> bool:
    return any(
        not _DENIED_BEFORE.search(clause[: found.start()]) and not _DENIED_AFTER.match(clause, found.end())
        for found in _PICKUP.finditer(clause)
    )
