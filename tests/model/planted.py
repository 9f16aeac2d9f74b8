"""Bugs to plant in the product, one at a time: the state machine has to find every one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from db import scans
from domain import complaint, dismissal, retiming, sla, ticket, waybill
from domain.events import FollowUpAction
from domain.exemptions import Calendar, Exemption, Path
from domain.ticket_words import TicketStatus
from escalation import steps
from escalation.index import DeadlineIndex
from resolvers import aggregate, once, policies, urges
from resolvers.aggregate import OrderAggregate

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    Plant = Callable[[pytest.MonkeyPatch], None]

MS = timedelta(milliseconds=1)
BUGS: dict[str, Plant] = {}


def bug(plant: Plant) -> Plant:
    """Its name says what is wrong, as a sentence."""
    BUGS[plant.__name__] = plant
    return plant


@bug
def a_reply_counts_at_the_deadline(patch: pytest.MonkeyPatch) -> None:
    right = ticket.settle

    def wrong(each: Any, *, at: Any, now: Any, policy: Any) -> Any:
        return right(each, at=at - MS if each.open else at, now=now, policy=policy)

    patch.setattr(ticket, "settle", wrong)


@bug
def a_reminder_fires_twice(patch: pytest.MonkeyPatch) -> None:
    right = sla.due_reminders
    patch.setattr(sla, "due_reminders", lambda **given: tuple(each for each in right(**given) for _ in "12"))


@bug
def reminders_past_at_shipping_are_made_up_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sla, "last_reminder_gone", lambda *_: None)


@bug
def a_late_told_pickup_excuses_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.delitem(dismissal.REASONS, FollowUpAction.PICKED_UP)


@bug
def a_late_told_refund_excuses_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.delitem(dismissal.REASONS, FollowUpAction.REFUNDED)


@bug
def a_pickup_at_the_very_deadline_excuses(patch: pytest.MonkeyPatch) -> None:
    right = complaint.excused
    patch.setattr(
        complaint,
        "excused",
        lambda each, *, fact_at, policy: right(each, fact_at=fact_at - MS, policy=policy),
    )


@bug
def a_promise_broken_in_the_last_round_files_nothing(patch: pytest.MonkeyPatch) -> None:
    right = ticket.settle

    def wrong(each: Any, *, at: Any, now: Any, policy: Any) -> Any:
        lenient = replace(policy, max_rounds=99) if each.status is TicketStatus.REPLIED else policy
        return right(each, at=at, now=now, policy=lenient)

    patch.setattr(ticket, "settle", wrong)


@bug
def a_scan_of_a_number_given_up_counts_for_the_new_one(patch: pytest.MonkeyPatch) -> None:
    right = OrderAggregate.apply_scan

    def wrong(self: OrderAggregate, parcel: Any, scan: Any) -> None:
        while parcel["replaced_by_id"] is not None:
            parcel = next(each for each in self.parcels if each["id"] == parcel["replaced_by_id"])
        right(self, parcel, scan)

    patch.setattr(OrderAggregate, "apply_scan", wrong)


@bug
def a_scan_from_before_the_payment_counts(patch: pytest.MonkeyPatch) -> None:
    right = OrderAggregate.apply_scan

    def wrong(self: OrderAggregate, parcel: Any, scan: Any) -> None:
        paid_at = self.order["paid_at"]
        self.order["paid_at"] = scan["occurred_at"]
        right(self, parcel, scan)
        self.order["paid_at"] = paid_at

    patch.setattr(OrderAggregate, "apply_scan", wrong)


@bug
def an_order_is_picked_up_with_its_first_parcel(patch: pytest.MonkeyPatch) -> None:
    def wrong(moments: Any) -> Any:
        return max((each for each in moments if each is not None), default=None)

    patch.setattr(aggregate, "_last", wrong)


@bug
def a_scan_of_a_merged_parcel_reaches_one_order(patch: pytest.MonkeyPatch) -> None:
    right = scans.targets

    async def wrong(*given: Any) -> Any:
        directory = await right(*given)
        one = {waybill: found[:1] for waybill, found in directory.targets.items()}
        return directory._replace(targets=one)

    patch.setattr(scans, "targets", wrong)


@bug
def a_shipment_told_late_is_lost_at_once(patch: pytest.MonkeyPatch) -> None:
    right = sla.pickup_path

    def wrong(shipped_at: Any, recorded_at: Any, policy: Any, calendar: Any) -> Any:
        return right(shipped_at, recorded_at, replace(policy, late_shipment_grace=MS), calendar)

    patch.setattr(sla, "pickup_path", wrong)


@bug
def a_number_may_be_changed_once_too_often(patch: pytest.MonkeyPatch) -> None:
    right = waybill.check_change

    def wrong(*given: Any, now: Any, policy: Any) -> None:
        right(*given, now=now, policy=replace(policy, max_waybill_changes=policy.max_waybill_changes + 1))

    patch.setattr(waybill, "check_change", wrong)


@bug
def compensation_of_a_day_has_no_cap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(complaint, "capped", lambda amount, *_: amount)


@bug
def points_of_a_month_have_no_cap(patch: pytest.MonkeyPatch) -> None:
    right = complaint.rule

    def wrong(filed: Any, ruling: Any, sale: Any, awarded: Any, rates: Any) -> Any:
        return right(filed, ruling, sale, replace(awarded, points=0), rates)

    patch.setattr(complaint, "rule", wrong)


@bug
def a_round_does_not_count_once_an_urge_was_withdrawn(patch: pytest.MonkeyPatch) -> None:
    right = urges._open

    def wrong(order: Any, *given: Any) -> Any:
        rounds = order.order["urge_rounds"]
        opened = right(order, *given)
        if any(each.status is TicketStatus.WITHDRAWN for each in order.tickets):
            order.set(urge_rounds=rounds)
        return opened

    patch.setattr(urges, "_open", wrong)


@bug
def a_note_makes_a_new_version(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ticket, "KEEPS_VERSION", frozenset({FollowUpAction.REMINDED}))


@bug
def the_index_keeps_what_was_handled(patch: pytest.MonkeyPatch) -> None:
    right = DeadlineIndex.put

    async def wrong(self: DeadlineIndex, entries: Any) -> bool:
        return await right(self, [each for each in entries if each.at is not None])

    patch.setattr(DeadlineIndex, "put", wrong)


@bug
def a_retry_does_it_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(once, "key_of", lambda *_: None)


@bug
def an_exemption_may_shorten_a_deadline(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: Calendar, base: Any) -> Path:
        path = Path((base,))
        applying = [each for each in self.exemptions if self.order and each.applies(self.order, base)]
        return path.to(applying[0].latest_at, applying[0].id) if applying else path

    patch.setattr(Calendar, "path", wrong)


@bug
def a_removed_exemption_leaves_no_hour(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retiming, "GRACE", MS)


@bug
def a_worker_files_by_the_exemptions_of_yesterday(patch: pytest.MonkeyPatch) -> None:
    right = steps.due_now

    def wrong(each: Any, now: Any, policy: Any, book: Any) -> Any:
        return right(each, now, policy, replace(book, revision=0))

    patch.setattr(steps, "due_now", wrong)


@bug
def a_new_policy_changes_tickets_that_are_there(patch: pytest.MonkeyPatch) -> None:
    right = policies.save

    async def wrong(context: Any, command: Any) -> Any:
        return await right(context, replace(command, retime=True))

    patch.setattr(policies, "save", wrong)


@bug
def the_end_of_a_window_belongs_to_it(patch: pytest.MonkeyPatch) -> None:
    right = Exemption.applies

    def wrong(self: Exemption, order: Any, deadline: Any) -> bool:
        return right(replace(self, ends_at=self.ends_at + MS), order, deadline)

    patch.setattr(Exemption, "applies", wrong)
