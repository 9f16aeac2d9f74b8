"""May this buyer urge? Every combination of facts against a slow oracle (`domain.md §4`)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from domain import urge
from domain.policy import DEFAULT
from domain.ticket import Ticket
from domain.ticket_words import TicketKind, TicketStatus
from domain.urge import Decision, OrderFacts, UrgeRefusal

NOW = datetime(2026, 11, 22, 8, 0, 0, 123_000, tzinfo=UTC)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
PICKUP, SHIPMENT = TicketKind.URGE_PICKUP, TicketKind.URGE_SHIPMENT
FREE = OrderFacts(
    ended=False, shipped_at=NOW - 72 * HOUR, picked_up_at=None, ship_by=NOW - 24 * HOUR, rounds=0
)


@dataclass(frozen=True)
class Shape:
    """A ticket, and what a person would say about it at NOW."""

    name: str
    ticket: Ticket
    lost: bool = False
    runs: bool = False
    promise_until: datetime | None = None
    waits_for_next_round: bool = False


def _ticket(
    number: int,
    status: TicketStatus,
    *,
    kind: TicketKind = PICKUP,
    deadline_at: datetime | None = None,
    promise_ends_at: datetime | None = None,
    broken: bool = False,
    round_: int = 1,
) -> Ticket:
    return Ticket(
        shop_id=UUID(int=1),
        id=UUID(int=number),
        order_id=UUID(int=3),
        number=f"T{number}",
        kind=kind,
        status=status,
        round=round_,
        opened_at=NOW - 30 * HOUR,
        updated_at=NOW - 30 * HOUR,
        clock_started_at=NOW - 30 * HOUR,
        deadline_at=deadline_at,
        next_step_at=None,
        promise_ends_at=promise_ends_at,
        promise_broken_at=promise_ends_at if broken else None,
        money_at_risk=Decimal(5),
    )


def _shapes() -> Iterator[Shape]:
    reply, replied = TicketStatus.AWAITING_REPLY, TicketStatus.REPLIED
    yield Shape("awaiting a reply", _ticket(11, reply, deadline_at=NOW + HOUR), runs=True)
    yield Shape("awaiting, 1 ms left", _ticket(12, reply, deadline_at=NOW + MS), runs=True)
    yield Shape("awaiting, just passed", _ticket(13, reply, deadline_at=NOW), lost=True)
    yield Shape("awaiting, 1 ms late", _ticket(14, reply, deadline_at=NOW - MS), lost=True)
    for round_ in (1, 2, 3):
        running = _ticket(20 + round_, replied, promise_ends_at=NOW + MS, round_=round_)
        yield Shape(f"promise runs in round {round_}", running, promise_until=NOW + MS)
        for late in (timedelta(0), MS):
            over = _ticket(30 + round_, replied, promise_ends_at=NOW - late, round_=round_)
            last = round_ == 3
            yield Shape(
                f"promise over by {late} in round {round_}", over, lost=last, waits_for_next_round=not last
            )
    broken = _ticket(41, replied, promise_ends_at=NOW - HOUR, broken=True, round_=2)
    yield Shape("promise recorded as broken", broken, waits_for_next_round=True)
    yield Shape("completed", _ticket(42, TicketStatus.COMPLETED, promise_ends_at=NOW + HOUR))
    yield Shape("withdrawn", _ticket(43, TicketStatus.WITHDRAWN))
    yield Shape("escalated", _ticket(44, TicketStatus.ESCALATED, deadline_at=NOW - HOUR), lost=True)
    yield Shape(
        "shipment, awaiting a reply", _ticket(51, reply, kind=SHIPMENT, deadline_at=NOW + MS), runs=True
    )
    yield Shape(
        "shipment, awaiting pickup",
        _ticket(52, TicketStatus.AWAITING_PICKUP, kind=SHIPMENT, deadline_at=NOW + MS),
        runs=True,
    )
    yield Shape(
        "shipment, pickup late",
        _ticket(53, TicketStatus.AWAITING_PICKUP, kind=SHIPMENT, deadline_at=NOW),
        lost=True,
    )
    yield Shape("shipment, completed", _ticket(54, TicketStatus.COMPLETED, kind=SHIPMENT))
    yield Shape("shipment, withdrawn", _ticket(55, TicketStatus.WITHDRAWN, kind=SHIPMENT))
    yield Shape("shipment, escalated", _ticket(56, TicketStatus.ESCALATED, kind=SHIPMENT), lost=True)


SHAPES = tuple(_shapes())


def _oracle(kind: TicketKind, order: OrderFacts, shapes: tuple[Shape, ...]) -> Decision:  # noqa: C901, PLR0911
    """§4 read aloud, one sentence after the other, over what a person says about the tickets."""
    if order.ended:
        return Decision(UrgeRefusal.ORDER_CLOSED)
    if kind is PICKUP and order.shipped_at is None:
        return Decision(UrgeRefusal.NOT_SHIPPED)
    if kind is SHIPMENT and order.shipped_at is not None:
        return Decision(UrgeRefusal.ALREADY_SHIPPED)
    if order.picked_up_at is not None:
        return Decision(UrgeRefusal.ALREADY_PICKED_UP)
    shipments = [shape for shape in shapes if shape.ticket.kind is SHIPMENT]
    if kind is PICKUP and shipments:
        return Decision(UrgeRefusal.SHIPMENT_TICKET_EXISTS, existing=shipments[-1].ticket)
    lost = [shape for shape in shapes if shape.lost]
    if lost:
        return Decision(UrgeRefusal.COMPLAINT_FILED, existing=lost[0].ticket)
    running = [shape for shape in shapes if shape.runs]
    if running:
        return Decision(UrgeRefusal.TICKET_OPEN, existing=running[0].ticket)
    promised = [shape for shape in shapes if shape.promise_until]
    if promised:
        return Decision(UrgeRefusal.PROMISE_RUNNING, promised[0].promise_until, promised[0].ticket)
    if order.ship_by > NOW:
        return Decision(UrgeRefusal.WITHIN_SHIPPING_LIMIT, order.ship_by)
    if order.rounds >= 3:
        return Decision(UrgeRefusal.ROUND_LIMIT)
    waiting = [shape for shape in shapes if shape.waits_for_next_round and shape.ticket.kind is kind]
    return Decision(reopens=waiting[0].ticket.id if waiting else None)


def _orders() -> Iterator[OrderFacts]:
    times = product((False, True), (None, NOW - HOUR), (None, NOW - HOUR), (-MS, timedelta(0), MS), range(5))
    for ended, shipped_at, picked_up_at, limit, rounds in times:
        yield OrderFacts(
            ended=ended, shipped_at=shipped_at, picked_up_at=picked_up_at, ship_by=NOW + limit, rounds=rounds
        )


@pytest.mark.rule("§4.1")
@pytest.mark.parametrize("shape", [None, *SHAPES], ids=lambda shape: shape.name if shape else "no ticket")
def test_every_combination_of_facts_is_decided_as_the_oracle_does(shape: Shape | None) -> None:
    """Two kinds, 120 orders, no ticket, one, or any two in either order: over 130,000 decisions."""
    lists = [(shape,), *((shape, other) for other in SHAPES)] if shape else [()]
    for kind, order, shapes in product(TicketKind, tuple(_orders()), lists):
        tickets = [each.ticket for each in shapes]
        decided = urge.decide(kind, order, tickets, now=NOW, policy=DEFAULT)
        assert decided == _oracle(kind, order, shapes), (kind, order, [each.name for each in shapes])
        assert decided.allowed is (decided.refusal is None)


@pytest.mark.rule("§1.1", "§4.10")
@pytest.mark.parametrize(
    ("ship_by", "decision"),
    [
        (NOW + MS, Decision(UrgeRefusal.WITHIN_SHIPPING_LIMIT, available_at=NOW + MS)),
        (NOW, Decision()),
        (NOW - MS, Decision()),
    ],
)
def test_the_button_appears_with_the_shipping_limits_own_millisecond(
    ship_by: datetime, decision: Decision
) -> None:
    assert urge.decide(PICKUP, replace(FREE, ship_by=ship_by), [], now=NOW, policy=DEFAULT) == decision


@pytest.mark.rule("§3.16")
@pytest.mark.parametrize(("rounds", "allowed"), [(0, True), (2, True), (3, False), (4, False)])
def test_an_order_is_urged_at_most_three_times(rounds: int, allowed: bool) -> None:  # noqa: FBT001
    """Rounds are the order's: tickets withdrawn before count."""
    withdrawn = _ticket(1, TicketStatus.WITHDRAWN, round_=rounds)
    decided = urge.decide(PICKUP, replace(FREE, rounds=rounds), [withdrawn], now=NOW, policy=DEFAULT)
    assert decided == (Decision() if allowed else Decision(UrgeRefusal.ROUND_LIMIT))


@pytest.mark.rule("§3.16")
def test_the_policy_sets_the_number_of_rounds() -> None:
    policy = replace(DEFAULT, max_rounds=1)
    over = _ticket(1, TicketStatus.REPLIED, promise_ends_at=NOW)
    assert urge.decide(PICKUP, replace(FREE, rounds=1), [over], now=NOW, policy=policy) == Decision(
        UrgeRefusal.COMPLAINT_FILED, existing=over
    )


@pytest.mark.rule("§3.17")
def test_a_broken_promise_reopens_its_ticket_and_a_withdrawn_one_does_not() -> None:
    broken = _ticket(7, TicketStatus.REPLIED, promise_ends_at=NOW - MS, broken=True)
    withdrawn = _ticket(8, TicketStatus.WITHDRAWN)
    order = replace(FREE, rounds=1)
    assert urge.decide(PICKUP, order, [withdrawn, broken], now=NOW, policy=DEFAULT).reopens == broken.id
    assert urge.decide(PICKUP, order, [withdrawn], now=NOW, policy=DEFAULT).reopens is None


@pytest.mark.rule("§4.1")
def test_refusals_are_those_of_the_contract_in_the_order_of_the_rule_each_with_its_sentence() -> None:
    order = (
        "ORDER_CLOSED NOT_SHIPPED ALREADY_SHIPPED ALREADY_PICKED_UP SHIPMENT_TICKET_EXISTS COMPLAINT_FILED "
        "TICKET_OPEN PROMISE_RUNNING WITHIN_SHIPPING_LIMIT ROUND_LIMIT"
    )
    assert [refusal.value for refusal in UrgeRefusal] == order.split()
    assert set(urge.MESSAGES) == set(UrgeRefusal)
    assert len(set(urge.MESSAGES.values())) == len(UrgeRefusal)
