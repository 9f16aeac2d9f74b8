"""The clock that runs from shipping, under exemptions and other policies (`domain.md §3, §5`)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain import opening, retiming, shipment, sla, ticket, timing
from domain.events import FollowUpAction
from domain.exemptions import UNMOVED, Calendar, Exemption, OrderFacts, calendar
from domain.policy import DEFAULT, Policy
from domain.shop import Market
from domain.ticket import Ticket
from domain.ticket_words import TicketKind, TicketStatus

T0 = datetime(2026, 2, 10, 8, 0, 0, 123_000, tzinfo=UTC)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ORDER = OrderFacts(market=Market.GENERIC)
HOLIDAY = UUID(int=1)


def at(revision: int, *exemptions: Exemption, changed_at: datetime = T0) -> Calendar:
    return calendar(exemptions, ORDER, revision=revision, changed_at=changed_at)


def holiday(starts: datetime, ends: datetime, latest: datetime) -> Exemption:
    return Exemption(id=HOLIDAY, starts_at=starts, ends_at=ends, latest_at=latest)


def shipped(shipped_at: datetime, now: datetime, known: Calendar = UNMOVED) -> Ticket:
    """An urge-shipment ticket that opened at T0, whose shipment is told `now`."""
    opened = opening.open_ticket(
        shop_id=UUID(int=5),
        ticket_id=UUID(int=6),
        order_id=UUID(int=7),
        number="T1",
        kind=TicketKind.URGE_SHIPMENT,
        round_=1,
        money_at_risk=Decimal(5),
        now=T0,
        policy=DEFAULT,
    ).ticket
    change = shipment.ship(
        opened,
        shipped_at=shipped_at,
        money_at_risk=Decimal(9),
        settled_at=now,
        now=now,
        policy=DEFAULT,
        calendar=known,
    )
    assert change.records[-1].deadline_after == change.ticket.deadline_at
    assert change.ticket.status is TicketStatus.AWAITING_PICKUP
    return change.ticket


def explained(found: Ticket, policy: Policy = DEFAULT) -> list[tuple[str, datetime, datetime]]:
    told = sla.explain(
        started_at=found.clock_started_at,
        deadline_at=found.deadline_at,
        stopped_at=found.completed_at,
        policy_version=found.policy_version,
        path=timing.path_of(found),
        pickup_window=policy.pickup_window,
    )
    assert all(each.counted is (each.reason == "PICKUP_WINDOW") for each in told.segments)
    assert all((each.exemption_id == HOLIDAY) is (each.reason == "EXEMPTION") for each in told.segments)
    return [(each.reason, each.start, each.end) for each in told.segments]


def test_shipping_starts_the_clock_by_the_exemptions_of_its_day() -> None:
    start = T0 + HOUR
    latest = start + 5 * DAY
    found = shipped(start, start, at(3, holiday(start + DAY, start + 2 * DAY, latest)))
    assert (found.deadline_at, found.calendar_revision) == (latest, 3)
    assert explained(found) == [
        ("PICKUP_WINDOW", start, start + DAY),
        ("EXEMPTION", start + DAY, latest),
    ]


@pytest.mark.parametrize(("ends", "moved"), [(MS, True), (timedelta(0), False)])
def test_the_window_of_an_exemption_ends_before_its_end(ends: timedelta, *, moved: bool) -> None:
    start = T0 + HOUR
    end = start + DAY
    found = shipped(start, start, at(1, holiday(T0, end + ends, end + DAY)))
    assert found.deadline_at == (end + DAY if moved else end)


@pytest.mark.parametrize(("latest", "left"), [(MS, MS), (timedelta(0), HOUR), (-MS, HOUR)])
def test_who_is_told_late_keeps_the_exemption_of_the_time(latest: timedelta, left: timedelta) -> None:
    """The window alone is over; an exemption that puts it off beyond the recording still holds."""
    now = T0 + 6 * HOUR
    start = now - 3 * DAY
    given = holiday(start, start + 2 * DAY, now + latest)
    found = shipped(start, now, at(1, given))
    assert found.deadline_at == now + left


def test_the_hour_after_a_late_recording_is_moved_like_any_deadline() -> None:
    now = T0 + 6 * HOUR
    start = now - 3 * DAY
    found = shipped(start, now, at(1, holiday(now, now + 2 * HOUR, now + DAY)))
    assert explained(found) == [
        ("PICKUP_WINDOW", start, start + DAY),
        ("RECORDED_LATE", start + DAY, now + HOUR),
        ("EXEMPTION", now + HOUR, now + DAY),
    ]


def test_an_exemption_moves_a_waiting_pickup_and_its_removal_leaves_an_hour() -> None:
    start = T0 + HOUR
    end = start + DAY
    waits = shipped(start, start)
    added = retiming.retime(waits, at(1, holiday(T0, end + MS, end + DAY)), now=start, policy=DEFAULT)
    [record] = added.records
    assert record.action is FollowUpAction.DEADLINE_MOVED
    assert (record.deadline_before, record.deadline_after) == (end, end + DAY)
    for now, deadline in (
        (end - HOUR - MS, end),
        (end - HOUR, end),
        (end - HOUR + MS, end + MS),
        (end + HOUR, end + 2 * HOUR),
    ):
        removed = retiming.retime(added.ticket, at(2, changed_at=now), now=now, policy=DEFAULT)
        assert removed.ticket.deadline_at == deadline
        assert removed.ticket.clock_started_at == removed.ticket.shipped_at == start


def test_whoever_is_about_to_file_finds_a_pickup_not_due_that_an_exemption_moved() -> None:
    start = T0 + HOUR
    end = start + DAY
    waits = shipped(start, start)
    assert ticket.elapse(waits, end, DEFAULT) is not None
    known = at(1, holiday(end, end + MS, end + DAY), changed_at=end - MS)
    assert retiming.stale(waits, known.revision)
    moved = retiming.retime(waits, known, now=end, policy=DEFAULT).ticket
    assert not retiming.stale(moved, known.revision)
    assert ticket.elapse(moved, end, DEFAULT) is None
    files = ticket.elapse(moved, end + DAY, DEFAULT)
    assert files is not None
    assert files.files_complaint


def test_another_policy_times_it_by_its_pickup_window_from_shipping() -> None:
    start = T0 + HOUR
    long = replace(DEFAULT, version=2, pickup_window=2 * DAY, reply_window=9 * DAY)
    short = replace(DEFAULT, version=3, pickup_window=HOUR)
    waits = shipped(start, start)
    later = retiming.put_under(waits, at(1), money_at_risk=Decimal(8), now=start, policy=long).ticket
    assert (later.deadline_at, later.policy_version, later.money_at_risk) == (start + 2 * DAY, 2, Decimal(8))
    kept = retiming.put_under(later, at(2), money_at_risk=Decimal(8), now=start, policy=short)
    assert kept.records == ()
    assert kept.ticket.deadline_at == start + 2 * DAY
    assert explained(kept.ticket, short) == [
        ("PICKUP_WINDOW", start, start + HOUR),
        ("KEPT", start + HOUR, start + 2 * DAY),
    ]


def test_a_clock_that_was_stopped_is_explained_up_to_its_stop() -> None:
    start = T0 + HOUR
    end = start + DAY
    moved = shipped(start, start, at(1, holiday(T0, end + MS, end + DAY)))
    for stopped_at, reasons in (
        (end - MS, ["PICKUP_WINDOW"]),
        (end, ["PICKUP_WINDOW"]),
        (end + MS, ["PICKUP_WINDOW", "EXEMPTION"]),
    ):
        done = ticket.complete(
            moved, FollowUpAction.PICKED_UP, fact_at=stopped_at, now=stopped_at, policy=DEFAULT
        ).ticket
        found = explained(done)
        assert [reason for reason, _, _ in found] == reasons
        assert found[-1][2] == stopped_at


def test_a_promise_is_no_clock_that_an_exemption_moves() -> None:
    replied = replace(
        shipped(T0, T0),
        kind=TicketKind.URGE_PICKUP,
        status=TicketStatus.REPLIED,
        deadline_at=None,
        promise_ends_at=T0 + DAY,
    )
    assert not retiming.stale(replied, 9)
    broken = ticket.elapse(replied, T0 + DAY, DEFAULT)
    assert broken is not None
    assert broken.records[0].action is FollowUpAction.PROMISE_BROKEN
