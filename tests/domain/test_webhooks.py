"""What shops are told of, where it may be sent, when it is tried again (`domain.md §9`)."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import ticket as rules
from domain import webhooks
from domain.cards import Card, CardKind
from domain.events import FollowUpAction
from domain.policy import DEFAULT, WEBHOOK_PAUSES
from domain.ticket import Change, NewRecord, Ticket
from domain.ticket_words import TicketStatus
from domain.webhooks import Reach, WebhookEvent
from tests.domain.ticket_states import T0, escalated, opened, replied

NOW = T0 + timedelta(hours=1)
PUBLIC, DEVELOPMENT = Reach(), Reach(loopback=True)
REPLY_CARD = Card(CardKind.REPLY, "", "")
PICKUP_CARD = Card(CardKind.PICKED_UP, "", "")


def told(before: Ticket | None, change: Change, *cards: Card | None) -> list[list[WebhookEvent]]:
    """The events of each record."""
    given = [*cards, *[None] * len(change.records)]
    return [webhooks.events_of(before, change, index, given[index]) for index in range(len(change.records))]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (FollowUpAction.OPENED, [WebhookEvent.TICKET_OPENED]),
        (FollowUpAction.REOPENED, [WebhookEvent.TICKET_OPENED]),
        (FollowUpAction.REMINDED, [WebhookEvent.TICKET_REMINDED]),
        (FollowUpAction.ESCALATED, [WebhookEvent.TICKET_ESCALATED]),
        (FollowUpAction.PROMISE_BROKEN, [WebhookEvent.PROMISE_BROKEN]),
        (FollowUpAction.COMPLAINT_RULED, [WebhookEvent.COMPLAINT_RULED]),
        (FollowUpAction.NOTED, []),
        (FollowUpAction.ASSIGNED, []),
        (FollowUpAction.WITHDRAWN, []),
        (FollowUpAction.SHIPPED, []),
        (FollowUpAction.DEADLINE_MOVED, []),
        (FollowUpAction.WAYBILL_CHANGED, []),
        (FollowUpAction.COMPLAINT_SETTLED, []),
        (FollowUpAction.COMPLAINT_STATEMENT, []),
    ],
)
def test_each_action_is_told_as_one_event_or_none(
    action: FollowUpAction, expected: list[WebhookEvent]
) -> None:
    ticket = opened()
    assert told(ticket, Change(ticket, (NewRecord(action=action),))) == [expected]


def test_a_reply_is_told_as_its_card_alone() -> None:
    ticket = opened()
    change = Change(replied(), (NewRecord(action=FollowUpAction.REPLIED),))
    assert told(ticket, change, REPLY_CARD) == [[WebhookEvent.CARD_REPLY]]


@pytest.mark.parametrize("action", sorted(webhooks.ENDINGS))
def test_what_completes_a_ticket_is_told_once(action: FollowUpAction) -> None:
    before = opened()
    change = rules.complete(before, action, fact_at=NOW, now=NOW, policy=DEFAULT)
    card = PICKUP_CARD if action is FollowUpAction.PICKED_UP else None
    shown = [] if card is None else [WebhookEvent.CARD_PICKED_UP]
    assert told(before, change, card) == [[*shown, WebhookEvent.TICKET_COMPLETED]]
    again = rules.complete(change.ticket, action, fact_at=NOW, now=NOW, policy=DEFAULT)
    assert told(change.ticket, again) == []


def test_a_pickup_after_filing_completes_nothing() -> None:
    before = escalated()
    change = rules.complete(
        before,
        FollowUpAction.PICKED_UP,
        fact_at=NOW,
        now=NOW,
        policy=DEFAULT,
    )
    assert change.ticket.status is TicketStatus.ESCALATED
    assert told(before, change, PICKUP_CARD) == [[WebhookEvent.CARD_PICKED_UP]]


def test_two_facts_in_one_change_complete_a_ticket_once() -> None:
    before = opened()
    done = replace(before, status=TicketStatus.COMPLETED)
    facts = (NewRecord(action=FollowUpAction.PICKED_UP), NewRecord(action=FollowUpAction.REFUNDED))
    assert told(before, Change(done, facts)) == [[WebhookEvent.TICKET_COMPLETED], []]


GOOD = [
    "https://seller.example/hooks",
    "https://seller.example:8443/hooks?token=a%20b&x=1",
    "https://93.184.215.14/",
    "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/x",
    "https://seller.example/" + "x" * (2_000 - 23),
]
BAD = [
    ("http://seller.example/", "NOT_HTTPS"),
    ("https://127.0.0.1/", "NOT_PUBLIC"),
    ("https://[::1]/", "NOT_PUBLIC"),
    ("https://10.1.2.3/", "NOT_PUBLIC"),
    ("https://169.254.169.254/latest", "NOT_PUBLIC"),
    ("https://localhost/", "NOT_PUBLIC"),
    ("https://a.localhost/", "NOT_PUBLIC"),
    ("https://[::ffff:10.0.0.1]/", "NOT_PUBLIC"),
    ("https://user@seller.example/", "BAD_URL"),
    ("https://user:pass@seller.example/", "BAD_URL"),
    ("https://seller.example/#part", "BAD_URL"),
    ("https:///path", "BAD_URL"),
    ("https://seller.example:99999/", "BAD_URL"),
    ("https://seller.example:0/", "BAD_URL"),
    ("https://[::1/", "BAD_URL"),
    ("ftp://seller.example/", "BAD_URL"),
    ("seller.example", "BAD_URL"),
    ("", "BAD_URL"),
    ("https://seller.example/a b", "BAD_URL"),
    ("https://seller.example/\n", "BAD_URL"),
    ("https://seller.example/\x00", "BAD_URL"),
    ("https://卖家.example/", "BAD_URL"),
    ("https://seller.example\\@10.0.0.1/", "BAD_URL"),
    ("https://seller.example/" + "x" * (2_001 - 23), "TOO_LONG"),
]


@pytest.mark.parametrize("url", GOOD)
def test_an_https_link_to_a_public_server_is_taken(url: str) -> None:
    assert PUBLIC.url_problem(url) is None
    assert DEVELOPMENT.url_problem(url) is None


@pytest.mark.parametrize(("url", "code"), BAD)
def test_any_other_url_is_refused(url: str, code: str) -> None:
    problem = PUBLIC.url_problem(url)
    assert problem is not None
    assert (problem.code, problem.path) == (code, ("input", "url"))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:9000/", None),
        ("http://[::1]:9000/", None),
        ("http://localhost:9000/", None),
        ("http://hooks.localhost/", None),
        ("https://127.0.0.1/", None),
        ("http://seller.example/", "NOT_HTTPS"),
        ("http://10.0.0.1/", "NOT_PUBLIC"),
        ("https://192.168.1.1/", "NOT_PUBLIC"),
    ],
)
def test_development_reaches_this_machine_and_no_other_private_one(url: str, code: str | None) -> None:
    problem = DEVELOPMENT.url_problem(url)
    assert (None if problem is None else problem.code) == code


REFUSED = [
    "0.0.0.0",  # noqa: S104
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.168.0.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:192.168.0.1",
    "64:ff9b::10.0.0.1",
    "2002:0a00:0001::1",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
]


@pytest.mark.parametrize("address", REFUSED)
def test_no_setting_reaches_an_address_that_is_not_public(address: str) -> None:
    assert not PUBLIC.allows(ip_address(address))
    assert not DEVELOPMENT.allows(ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.255.0.3", "::1"])
def test_loopback_is_reached_in_development_alone(address: str) -> None:
    assert not PUBLIC.allows(ip_address(address))
    assert DEVELOPMENT.allows(ip_address(address))


@pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:0001::1"])
def test_loopback_in_disguise_is_never_reached(address: str) -> None:
    assert not PUBLIC.allows(ip_address(address))
    assert not DEVELOPMENT.allows(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1", "::ffff:1.1.1.1"])
def test_public_addresses_are_reached(address: str) -> None:
    assert PUBLIC.allows(ip_address(address))


@given(st.ip_addresses())
def test_what_is_allowed_is_global(address: object) -> None:
    found = ip_address(str(address))
    assert not PUBLIC.allows(found) or (found.is_global or getattr(found, "ipv4_mapped", None))


def test_pauses_grow_over_hours_and_end() -> None:
    found = [webhooks.next_pause(WEBHOOK_PAUSES, failures) for failures in range(1, 10)]
    assert found[-1] is None
    known = [pause for pause in found if pause is not None]
    assert known == sorted(known)
    assert sum(known, timedelta()) > timedelta(hours=24)
    assert sum(known, timedelta()) < webhooks.GIVEN_UP_AFTER
    assert webhooks.next_pause((), 1) is None
