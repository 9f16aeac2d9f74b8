"""Which tickets a filter leaves: SQL over `r`, and how they are found (`resolvers.plan.walks`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from domain import carriers, ids
from domain.ids import IdKind
from domain.ticket_words import OPEN, TicketKind, TicketStatus, Urgency
from resolvers.plan.declared import FEW, Few, Walk
from resolvers.reads import orders, text, urgency
from resolvers.reads.text import shops_named
from resolvers.reads.urgency import RUNNING_DEADLINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resolvers.plan.binding import Binder

W = TypeVar("W", bound=Enum)
NOBODY = "'00000000-0000-0000-0000-000000000000'"
PERSON = f"coalesce(r.assignee_id, {NOBODY})"
"""Whose a ticket is. An index serves no order after IS NULL, but it does after a value."""

OPENED_FEW = 2_000
"""Tickets of a stretch of time that are few: more than others, as all may lie at the far end of an order."""


class TicketOrderField(Enum):
    """What the queue is ordered by."""

    DEADLINE_AT = "DEADLINE_AT"
    OPENED_AT = "OPENED_AT"
    UPDATED_AT = "UPDATED_AT"
    MONEY_AT_RISK = "MONEY_AT_RISK"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """Which tickets; None does not narrow. `…_after` is included, `…_before` is not. Ids are public ids."""

    shop_ids: tuple[str, ...] | None = None
    status: tuple[TicketStatus, ...] | None = None
    kind: tuple[TicketKind, ...] | None = None
    urgency: tuple[Urgency, ...] | None = None
    assignee_id: str | None = None
    assigned_to_me: bool | None = None
    unassigned: bool | None = None
    carrier: tuple[str, ...] | None = None
    deadline_before: datetime | None = None
    deadline_after: datetime | None = None
    opened_after: datetime | None = None
    opened_before: datetime | None = None
    search: str | None = None


def _given(named: tuple[W, ...] | None, words: type[W]) -> Iterable[W]:
    """What is named, or every word there is."""
    return words if named is None else named


def narrowed(
    binder: Binder, wanted: TicketFilter, order: TicketOrderField, shops: str
) -> tuple[tuple[str, ...], Walk]:
    """The conditions of a filter, and the way to walk the tickets of these shops in this order."""
    found = _Narrowed(binder, wanted, order)
    found.narrow()
    return tuple(found.conditions), Walk(shops, tuple(found.split), found.few, lean=found.whose)


class _Narrowed:
    """A filter as it is read one part after the other; the first that offers `few` wins."""

    def __init__(self, binder: Binder, wanted: TicketFilter, order: TicketOrderField) -> None:
        self.binder = binder
        self.wanted = wanted
        self.order = order
        self.conditions: list[str] = []
        self.split: list[tuple[str, str]] = []
        self.few: Few | None = None
        self.whose = False
        self.in_queue = order is TicketOrderField.DEADLINE_AT
        self.deadline = self._times(wanted.deadline_after, wanted.deadline_before)
        self.statuses = self._statuses()
        # Only those whose clock runs are asked for: the queue has them in front.
        self.in_front = self.in_queue and self.statuses is not None and OPEN.issuperset(self.statuses)

    def narrow(self) -> None:
        """Read the whole filter."""
        if self.wanted.shop_ids is not None:
            shop_ids = self.binder.bind(shops_named(self.wanted.shop_ids), "uuid[]")
            self.conditions.append(f"r.shop_id = ANY({shop_ids})")
        self._search()
        self.whose = self._person()
        self._words(whose=self.whose)
        self._carrier()
        self._urgency()
        self._deadline()
        self._opened()
        self._somebody()

    def _statuses(self) -> tuple[TicketStatus, ...] | None:
        """The states that can be asked for, by name or by what only they have; None for all of them."""
        possible = frozenset(TicketStatus)
        if self.wanted.urgency is not None and not self.in_queue:
            possible &= urgency.statuses(self.wanted.urgency)
        if self.deadline:
            possible &= OPEN | {TicketStatus.ESCALATED}
        if self.wanted.status is None and len(possible) == len(TicketStatus):
            return None
        return tuple(each for each in _given(self.wanted.status, TicketStatus) if each in possible)

    def _offer(self, few: Few) -> None:
        if self.few is None:
            self.few = few
        else:
            self.conditions.append(few.condition)

    def _offer_own(self, straight: str, condition: str, most: int = FEW) -> None:
        """A condition over `r` that an index of tickets serves, and the same so that none does."""
        theirs = straight.replace("r.", "t.")
        sql = f"SELECT t.id AS key FROM ticket t WHERE t.shop_id = s.shop_id AND {theirs}"
        self._offer(Few("id", sql, condition, straight, most))

    def _search(self) -> None:
        if self.wanted.search is None:
            return
        sought = orders.Sought.of(self.binder, self.wanted.search)
        upper = text.checked(text.checked(self.wanted.search, at_least=2).upper(), at_least=2)
        number = text.begins(self.binder, upper)
        by_order = (
            "EXISTS (SELECT FROM orders o WHERE o.shop_id = r.shop_id AND o.id = r.order_id"
            f" AND {sought.number('o')} OFFSET 0)"
        )
        by_waybill = sought.waybill("r.shop_id", "r.order_id")
        by_number = f"t.shop_id = s.shop_id AND {number.of('t.number')}"
        keys = f"{sought.orders} UNION ALL SELECT t.order_id FROM ticket t WHERE {by_number}"
        self._offer(Few("order_id", keys, f"({number.of('r.number')} OR {by_order} OR {by_waybill})"))

    def _person(self) -> bool:
        """Whose they are; whether the index of each person's queue leads straight to them."""
        wanted, found = self.wanted, []
        if wanted.assignee_id is not None:
            assignee_id = ids.decode_as(IdKind.STAFF_MEMBER, wanted.assignee_id)
            # The id of nobody is nobody's.
            found.append(self.binder.bind(assignee_id if assignee_id and assignee_id.int else None, "uuid"))
        if wanted.assigned_to_me is not None:
            me = (
                "(SELECT m.id FROM staff_member m"
                f" WHERE m.shop_id = s.shop_id AND m.subject = {self.binder.subject()})"
            )
            if wanted.assigned_to_me:
                found.append(me)
            else:
                # Nobody's is not mine, and whoever is no member has none.
                self.conditions.append(f"(r.assignee_id = {me}) IS NOT TRUE")
        if wanted.unassigned:
            found.append(NOBODY)
        straight = bool(found) and self.in_queue and (self.statuses is None or self.in_front)
        for each in found:
            if straight:
                self.conditions.append(f"{PERSON} = {each}")
            else:
                self._offer_own(f"{PERSON} = {each}", f"{_hidden(PERSON)} = {each}")
        return straight

    def _words(self, *, whose: bool) -> None:
        """Status and kind: ranges of their own but where another index leads to the tickets."""
        if self.statuses is None and self.wanted.kind is None:
            return
        all_running = self.in_front and self.wanted.kind is None and OPEN.issubset(self.statuses or ())
        if self.in_front and (whose or all_running):
            self.conditions.append(f"{RUNNING_DEADLINE} < 'infinity'")
        if all_running:
            return
        statuses = [each.value for each in dict.fromkeys(_given(self.statuses, TicketStatus))]
        kinds = [each.value for each in dict.fromkeys(_given(self.wanted.kind, TicketKind))]
        split = [
            ("status", f"{self.binder.bind(statuses, 'text[]')}::ticket_status[]"),
            ("kind", f"{self.binder.bind(kinds, 'text[]')}::ticket_kind[]"),
        ]
        if whose:
            self.conditions += [f"r.{column} = ANY({values})" for column, values in split]
        else:
            self.split = split

    def _carrier(self) -> None:
        if self.wanted.carrier is None:
            return
        # PostgreSQL takes no zero character; no carrier has one.
        known = [carriers.canonical(name) for name in self.wanted.carrier if "\x00" not in name]
        current = f"p.carrier = ANY({self.binder.bind(known, 'text[]')}) AND p.replaced_at IS NULL"
        # One order at a time (OFFSET 0): a plan without values would take the parcels of all orders.
        has_one = (
            "EXISTS (SELECT FROM parcel p WHERE p.shop_id = r.shop_id AND p.order_id = r.order_id"
            f" AND {current} OFFSET 0)"
        )
        keys = f"SELECT p.order_id AS key FROM parcel p WHERE p.shop_id = s.shop_id AND {current}"
        self._offer(Few("order_id", keys, has_one))

    def _urgency(self) -> None:
        if self.wanted.urgency is None:
            return
        condition = urgency.condition(self.wanted.urgency)
        if self.in_queue:
            self.conditions.append(condition)
        else:
            self._offer_own(condition, condition.replace(RUNNING_DEADLINE, _hidden(RUNNING_DEADLINE)))

    def _deadline(self) -> None:
        if self.in_front:
            # Of a running clock the queue's key is the deadline.
            self.conditions += [f"{RUNNING_DEADLINE} {time}" for time in self.deadline]
        elif self.deadline:
            self._window("r.deadline_at", self.deadline, FEW)

    def _opened(self) -> None:
        times = self._times(self.wanted.opened_after, self.wanted.opened_before)
        if self.order is TicketOrderField.OPENED_AT:
            self.conditions += [f"r.opened_at {time}" for time in times]
        elif times:
            self._window("r.opened_at", times, OPENED_FEW)

    def _somebody(self) -> None:
        if self.wanted.unassigned is False:
            self._offer_own(f"{PERSON} > {NOBODY}", "r.assignee_id IS NOT NULL")

    def _times(self, after: datetime | None, before: datetime | None) -> list[str]:
        bounds = ((">=", after), ("<", before))
        return [
            f"{comparison} {self.binder.bind(instant, 'timestamptz')}"
            for comparison, instant in bounds
            if instant is not None
        ]

    def _window(self, column: str, times: list[str], most: int) -> None:
        straight, hidden = (
            " AND ".join(f"{each} {time}" for time in times) for each in (column, _hidden(column))
        )
        self._offer_own(straight, hidden, most)


def _hidden(value: str) -> str:
    """The same value, for which no index is looked for: it would be read whole and sorted."""
    return f"greatest({value})"
