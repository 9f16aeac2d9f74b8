"""Timing an open ticket anew when the rules have changed (`domain.md §5`)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain import opening, retiming, ticket, timing
from domain.events import FollowUpAction
from domain.exemptions import Calendar, Exemption, OrderFacts, calendar
from domain.policy import DEFAULT
from domain.shop import Market
from domain.ticket import Ticket

T0 = datetime(2026, 2, 10, 8, 0, 0, 123_000, tzinfo=UTC)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ORDER = OrderFacts(market=Market.GENERIC)
END = T0 + DAY


def holiday(**given: object) -> Exemption:
    """The days around END, put off to five days after T0."""
    days = {"starts_at": T0, "ends_at": T0 + 4 * DAY, "latest_at": T0 + 5 * DAY}
    return Exemption(id=UUID(int=1), **{**days, **given})  # type: ignore[arg-type]


def at(revision: int, *exemptions: Exemption, changed_at: datetime = T0) -> Calendar:
    return calendar(exemptions, ORDER, revision=revision, changed_at=changed_at)


def opened(known: Calendar | None = None) -> Ticket:
    return opening.open_ticket(
        shop_id=UUID(int=5),
        ticket_id=UUID(int=6),
        order_id=UUID(int=7),
        number="T1",
        round_=1,
        money_at_risk=Decimal(5),
        now=T0,
        policy=DEFAULT,
        calendar=known or Calendar(),
    ).ticket


def test_a_ticket_opens_with_the_exemptions_of_its_day() -> None:
    moved = opened(at(4, holiday()))
    assert moved.deadline_at == T0 + 5 * DAY
    assert moved.calendar_revision == 4
    assert moved.next_step_at == T0 + 5 * DAY - 12 * HOUR
    path = timing.path_of(moved)
    assert path is not None
    assert path.steps == (END, T0 + 5 * DAY)


def test_a_new_exemption_moves_the_deadline_with_a_record_and_a_version() -> None:
    before = opened()
    change = retiming.retime(before, at(1, holiday()), now=T0 + HOUR, policy=DEFAULT)
    [record] = change.records
    assert (record.action, record.by_system) == (FollowUpAction.DEADLINE_MOVED, True)
    assert (record.deadline_before, record.deadline_after) == (END, T0 + 5 * DAY)
    after = change.ticket
    assert (after.version, after.record_count) == (before.version + 1, before.record_count + 1)
    assert (after.calendar_revision, after.updated_at) == (1, T0 + HOUR)


@pytest.mark.rule("§5.8")
def test_a_ticket_that_no_exemption_concerns_only_learns_the_revision() -> None:
    change = retiming.retime(opened(), at(1), now=T0, policy=DEFAULT)
    assert change.records == ()
    assert change.ticket == replace(opened(), calendar_revision=1)


@pytest.mark.rule("§5.7")
@pytest.mark.parametrize(
    ("left_to_base", "left"),
    [
        (2 * HOUR, 2 * HOUR),
        (HOUR, HOUR),
        (HOUR - MS, HOUR),
        (-3 * DAY, HOUR),
    ],
)
def test_what_a_removal_takes_back_is_never_less_than_an_hour_from_now(
    left_to_base: timedelta, left: timedelta
) -> None:
    now = END - left_to_base
    moved = opened(at(1, holiday()))
    after = retiming.retime(moved, at(2, changed_at=now), now=now, policy=DEFAULT).ticket
    assert after.deadline_at == now + left


def test_the_hour_is_granted_once_not_with_each_revision() -> None:
    now = END + DAY
    moved = opened(at(1, holiday()))
    floored = retiming.retime(moved, at(2, changed_at=now), now=now, policy=DEFAULT).ticket
    assert floored.deadline_at == now + HOUR
    later = now + HOUR - MS
    again = retiming.retime(floored, at(3, changed_at=later), now=later, policy=DEFAULT)
    assert again.records == ()
    assert again.ticket.deadline_at == now + HOUR


@pytest.mark.parametrize(("changed_after", "granted"), [(-MS, True), (timedelta(0), False), (MS, False)])
def test_a_removal_after_the_deadline_brings_no_ticket_back(
    changed_after: timedelta, *, granted: bool
) -> None:
    """The worker is late: what counts is whether the rules were changed before the clock ran out."""
    moved = opened(at(1, holiday()))
    assert moved.deadline_at is not None
    now = moved.deadline_at + HOUR
    change = retiming.retime(
        moved, at(2, changed_at=moved.deadline_at + changed_after), now=now, policy=DEFAULT
    )
    assert bool(change.records) is granted
    assert change.ticket.deadline_at == (now + HOUR if granted else moved.deadline_at)


def test_an_exemption_that_comes_late_still_moves_what_is_not_filed() -> None:
    now = END + MS
    change = retiming.retime(opened(), at(1, holiday(), changed_at=now), now=now, policy=DEFAULT)
    assert change.ticket.deadline_at == T0 + 5 * DAY
    assert ticket.elapse(change.ticket, now, DEFAULT) is None


@pytest.mark.parametrize(
    ("latest", "reminded"),
    [(13 * HOUR, None), (12 * HOUR, 720), (4 * HOUR + MS, 720), (4 * HOUR, 240), (15 * MS, 15)],
)
def test_reminders_are_those_of_the_new_deadline_that_are_not_past(
    latest: timedelta, reminded: int | None
) -> None:
    now = END - 10 * MS
    told = replace(opened(), last_reminder_minutes=15)
    moved = retiming.retime(told, at(1, holiday(latest_at=now + latest)), now=now, policy=DEFAULT).ticket
    assert moved.last_reminder_minutes == reminded
    assert moved.next_step_at is not None
    assert moved.next_step_at > now


@pytest.mark.rule("§5.2")
def test_another_policy_moves_a_deadline_later_but_never_earlier() -> None:
    long = replace(DEFAULT, version=2, reply_window=2 * DAY)
    short = replace(DEFAULT, version=3, reply_window=HOUR)
    later = retiming.put_under(opened(), at(1), money_at_risk=Decimal(6), now=T0 + MS, policy=long)
    assert (later.ticket.deadline_at, later.ticket.policy_version) == (T0 + 2 * DAY, 2)
    assert later.ticket.money_at_risk == Decimal(6)
    kept = retiming.put_under(later.ticket, at(2), money_at_risk=Decimal(7), now=T0 + MS, policy=short)
    assert kept.records == ()
    assert (kept.ticket.deadline_at, kept.ticket.policy_version) == (T0 + 2 * DAY, 3)
    again = retiming.retime(kept.ticket, at(3), now=T0 + 2 * MS, policy=short)
    assert again.ticket.deadline_at == T0 + 2 * DAY
