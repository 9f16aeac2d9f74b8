"""Webhooks: what shops are told of, where it may be sent, when it is tried again (`domain.md §9`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from domain.cards import CardKind
from domain.errors import Problem
from domain.events import FollowUpAction
from domain.ticket_words import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.cards import Card
    from domain.ticket import Change, Ticket

    Address = IPv4Address | IPv6Address

MOST_WEBHOOKS = 20
"""Of a shop: each is one more message for every event."""
URL_CHARACTERS = 2_000
SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64."""
SECRET_OVERLAP = timedelta(hours=24)
"""How long the secret before a renewal still signs beside the new one."""
GIVEN_UP_AFTER = timedelta(hours=72)
"""What was not delivered by then is given up, however few attempts a slow receiver left it."""


class WebhookEvent(StrEnum):
    """What a webhook can be told of (`schema.graphql`)."""

    CARD_REPLY = "CARD_REPLY"
    CARD_PICKED_UP = "CARD_PICKED_UP"
    TICKET_OPENED = "TICKET_OPENED"
    TICKET_REMINDED = "TICKET_REMINDED"
    TICKET_ESCALATED = "TICKET_ESCALATED"
    TICKET_COMPLETED = "TICKET_COMPLETED"
    PROMISE_BROKEN = "PROMISE_BROKEN"
    COMPLAINT_RULED = "COMPLAINT_RULED"


OF_CARDS = {CardKind.REPLY: WebhookEvent.CARD_REPLY, CardKind.PICKED_UP: WebhookEvent.CARD_PICKED_UP}
OF_ACTIONS = {
    FollowUpAction.OPENED: WebhookEvent.TICKET_OPENED,
    FollowUpAction.REOPENED: WebhookEvent.TICKET_OPENED,
    FollowUpAction.REMINDED: WebhookEvent.TICKET_REMINDED,
    FollowUpAction.ESCALATED: WebhookEvent.TICKET_ESCALATED,
    FollowUpAction.PROMISE_BROKEN: WebhookEvent.PROMISE_BROKEN,
    FollowUpAction.COMPLAINT_RULED: WebhookEvent.COMPLAINT_RULED,
}
ENDINGS = frozenset({FollowUpAction.PICKED_UP, FollowUpAction.REFUNDED, FollowUpAction.ORDER_CLOSED})
"""What completes a ticket that is not closed; on one that was escalated they are only recorded."""


def events_of(before: Ticket | None, change: Change, index: int, card: Card | None) -> list[WebhookEvent]:
    """What shops are told of the `index`-th record of a change; `before` is None for a new ticket."""
    found = [] if card is None else [OF_CARDS[card.kind]]
    action = change.records[index].action
    if action in OF_ACTIONS:
        found.append(OF_ACTIONS[action])
    elif action in ENDINGS and index == _completed_by(before, change):
        found.append(WebhookEvent.TICKET_COMPLETED)
    return found


def _completed_by(before: Ticket | None, change: Change) -> int | None:
    """The place of the record that completed the ticket; None when it was before, or is not now."""
    completed = TicketStatus.COMPLETED
    if change.ticket.status is not completed or (before is not None and before.status is completed):
        return None
    endings = (place for place, record in enumerate(change.records) if record.action in ENDINGS)
    return next(endings, None)


def next_pause(pauses: Sequence[timedelta], failures: int) -> timedelta | None:
    """How long to wait after the `failures`-th failed attempt in a row; None: give up."""
    return pauses[failures - 1] if failures <= len(pauses) else None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far webhooks may reach. `loopback`: also this machine, and by http (development only)."""

    loopback: bool = False

    def url_problem(self, url: str) -> Problem | None:
        """Why nothing can be sent to `url`, as far as it shows; names are looked up at each attempt."""
        fault = _url_fault(url)
        if fault is None:
            fault = self._reach_fault(url)
        return None if fault is None else Problem(*fault, ("input", "url"))

    def allows(self, address: Address) -> bool:
        """Whether a connection to `address` is allowed: a public one, in development also loopback."""
        if _embedded(address) is None and address.is_loopback:
            return self.loopback
        inner = _embedded(address)
        return _public(address) if inner is None else _public(inner)

    def _reach_fault(self, url: str) -> tuple[str, str] | None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" and not self.loopback:
            return "NOT_HTTPS", "A webhook's url is an https link."
        address = _literal(host)
        local = host == "localhost" or host.endswith(".localhost")
        if (local and not self.loopback) or (address is not None and not self.allows(address)):
            return "NOT_PUBLIC", "A webhook's url leads to a public address."
        if parts.scheme != "https" and not (local or address is not None):
            return "NOT_HTTPS", "A webhook's url is an https link; http only leads to this machine."
        return None


def _url_fault(url: str) -> tuple[str, str] | None:
    if len(url) > URL_CHARACTERS:
        return "TOO_LONG", f"A webhook's url has at most {URL_CHARACTERS:,} characters."
    bad = ("BAD_URL", "A webhook's url is an https link without user, password or fragment, in ASCII.")
    if not url.isascii() or any(character <= " " or character in '\x7f"<>\\^`{|}' for character in url):
        return bad
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return bad
    spelt = parts.scheme in {"https", "http"} and bool(parts.hostname)
    plain = "@" not in parts.netloc and not parts.fragment and port != 0
    return None if spelt and plain else bad


def _literal(host: str) -> Address | None:
    """The address that a host is written as; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


_NAT64 = IPv6Network("64:ff9b::/96")


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to, if it is one of those that do."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


# Not of one mind in all versions of the standard library.
_SPECIAL = (
    IPv4Network("192.0.0.0/24"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("100::/64"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
    IPv6Network("5f00::/16"),
)


def _public(address: Address) -> bool:
    plain = address.is_global and not address.is_multicast and not address.is_reserved
    return plain and not any(address in network for network in _SPECIAL)
