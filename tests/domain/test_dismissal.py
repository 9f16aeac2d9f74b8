"""A complaint taken back because the fact was in time (`domain.md §3`)."""

from dataclasses import replace

import pytest

from domain import complaint, dismissal
from domain.events import SHOWN_TO_CONSUMER, FollowUpAction
from domain.policy import DEFAULT
from domain.ticket import NewRecord
from tests.domain.ticket_states import END, HOUR, MS, escalated, looked_at, ship, unshipped


def test_the_system_rules_and_the_ticket_stays_escalated() -> None:
    before, now = escalated(), END + HOUR
    change = dismissal.dismiss(before, "in time", now)
    told = NewRecord(action=FollowUpAction.COMPLAINT_RULED, note="in time", by_system=True, dismisses=True)
    assert change.records == (told,)
    assert not change.files_complaint
    after = replace(before, version=before.version + 1, record_count=before.record_count + 1, updated_at=now)
    assert change.ticket == after
    assert FollowUpAction.COMPLAINT_RULED not in SHOWN_TO_CONSUMER


@pytest.mark.parametrize("shipped", [False, True])
def test_either_clock_of_an_urge_for_shipment_is_excused_up_to_its_own_deadline(shipped: bool) -> None:  # noqa: FBT001
    ticket = ship(unshipped(), END - HOUR, END - HOUR).ticket if shipped else unshipped()
    border = ticket.deadline_at
    assert border is not None
    lost = looked_at(ticket, border + HOUR)
    assert complaint.excused(lost, fact_at=border - MS, policy=DEFAULT)
    assert not complaint.excused(lost, fact_at=border, policy=DEFAULT)


@pytest.mark.parametrize("action", dismissal.REASONS)
def test_the_reason_names_the_time_in_the_shops_language(action: FollowUpAction) -> None:
    assert "2026-11-23 16:00" in dismissal.reason(action, END, "zh-CN")
    english = dismissal.reason(action, END, "en-US")
    assert "2026-11-23 16:00" in english
    assert english.isascii()
    assert set(dismissal.REASONS) == {FollowUpAction.PICKED_UP, FollowUpAction.REFUNDED}
