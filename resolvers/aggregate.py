"""An order with all that hangs on it, locked: parcels, tickets, and what is about to be written.

Use cases lock one or many, change them in memory by the rules of the domain, and write them together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from db import changes, complaints, due, keys, orders, rows, scans
from domain import cards, complaint, retiming, shipment, sla, ticket, urge, waybill
from domain import scans as scan_rules
from domain.complaint import Sale, Violation
from domain.events import FollowUpAction
from resolvers import dismissals
from resolvers.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from db.changes import Entry, Written
    from db.database import Connection
    from db.rules import Rules
    from domain.access import Viewer
    from domain.cards import Card
    from domain.exemptions import Calendar
    from domain.figures import Verdict
    from domain.policy import Policy
    from domain.ticket import Change, Ticket
    from domain.ticket_words import TicketKind


@dataclass(slots=True)
class OrderAggregate:
    """One locked order. Change it through its methods; `write` stores what changed."""

    scene: Scene
    order: rows.Row
    parcels: list[rows.Row]
    tickets: list[Ticket]
    joined: list[rows.Row] = field(default_factory=list)
    entries: dict[UUID, Entry] = field(default_factory=dict)
    changed: bool = False
    new_parcels: list[rows.Row] = field(default_factory=list)
    changed_parcels: dict[UUID, rows.Row] = field(default_factory=dict)
    loose_changes: list[rows.Row] = field(default_factory=list)
    repriced: list[rows.Row] = field(default_factory=list)
    estimates: list[rows.Row] = field(default_factory=list)
    paid_earlier: bool = False
    excuses: dict[UUID, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether the order was refunded or closed."""
        return self.order["refunded_at"] is not None or self.order["closed_at"] is not None

    @property
    def current(self) -> list[rows.Row]:
        """The parcels whose numbers stand."""
        return [parcel for parcel in self.parcels if parcel["replaced_at"] is None]

    @property
    def calendar(self) -> Calendar:
        """The exemptions that concern the order."""
        return self.scene.book.calendar(due.order_facts(self.order, self.scene.market))

    @property
    def urged_under(self) -> Policy:
        """The policy that says whether the order may be urged: its unclosed ticket's, else the newest."""
        unclosed = self.unclosed()
        return self.scene.policy if unclosed is None else self.scene.policy_of(unclosed)

    @property
    def facts(self) -> urge.OrderFacts:
        """What the may-urge decision needs."""
        order = self.order
        return urge.OrderFacts(
            ended=self.ended,
            shipped_at=order["shipped_at"],
            picked_up_at=order["picked_up_at"],
            ship_by=self.calendar.path(order["ship_by"]).at,
            rounds=order["urge_rounds"],
        )

    def sale(self, policy: Policy) -> Sale:
        """What compensation is reckoned from, under a ticket's policy (`domain.md §10`)."""
        order = self.order
        presale = complaint.is_presale(order["paid_at"], order["ship_by_given"], policy.complaints)
        return Sale(order["paid_amount"], presale)

    def ticket(self, ticket_id: UUID) -> Ticket:
        """The ticket as it stands in this transaction."""
        return next(each for each in self.tickets if each.id == ticket_id)

    def set(self, **values: Any) -> bool:  # noqa: ANN401 - columns of all types
        """Set columns of the order; whether any of them was different."""
        different = {name: value for name, value in values.items() if self.order[name] != value}
        if different:
            self.order.update(different, updated_at=self.scene.now)
            self.changed = True
        return bool(different)

    def set_parcel(self, parcel: rows.Row, **values: Any) -> bool:  # noqa: ANN401
        """Set columns of a parcel; whether any of them was different."""
        different = {name: value for name, value in values.items() if parcel[name] != value}
        if not different:
            return False
        parcel.update(different)
        if not any(each is parcel for each in self.new_parcels):
            self.changed_parcels[parcel["id"]] = parcel
        return True

    def change(
        self,
        change: Change,
        *,
        card: Card | None = None,
        waybill_change: rows.Row | None = None,
        verdict: Verdict | None = None,
    ) -> None:
        """Take over what a rule made of a ticket. Card, waybill change, verdict are of its last record."""
        if not change.records:
            return
        after = change.ticket
        policy = self.scene.policy_of(after)
        known = self.entries.get(after.id)
        before = next((each for each in self.tickets if each.id == after.id), None)
        merged = change if known is None else known.change.then(change)
        last = len(merged.records) - 1
        self.entries[after.id] = changes.Entry(
            before=before if known is None else known.before,
            change=merged,
            actor=self.scene.actor(self.order),
            sale=self.sale(policy),
            policy=policy,
            cards={**(known.cards if known else {}), **({last: card} if card else {})},
            waybill_changes={
                **(known.waybill_changes if known else {}),
                **({last: waybill_change} if waybill_change else {}),
            },
            verdict=verdict or (known.verdict if known else None),
        )
        self.tickets = [each for each in self.tickets if each.id != after.id] + [after]

    def settle(self) -> None:
        """Let the clock do first what it had to do by now: file a complaint, find a promise broken."""
        scene = self.scene
        self.time_anew()
        for each in list(self.tickets):
            change = ticket.settle(each, at=scene.now, now=scene.now, policy=scene.policy_of(each))
            if change is not None:
                self.change(change)

    def time_anew(self) -> None:
        """Whoever is about to file asks the exemptions of today first (`domain.md §5`)."""
        scene = self.scene
        for each in list(self.tickets):
            passed = each.deadline_at is not None and each.deadline_at <= scene.now
            if passed and retiming.stale(each, scene.book.revision):
                policy = scene.policy_of(each)
                self.change(retiming.retime(each, self.calendar, now=scene.now, policy=policy))

    def complete(self, action: FollowUpAction, fact_at: datetime) -> None:
        """A pickup, refund or closing ends every unclosed ticket (`domain.md §3`)."""
        scene = self.scene
        self.time_anew()
        for each in list(self.tickets):
            policy = scene.policy_of(each)
            change = ticket.complete(each, action, fact_at=fact_at, now=scene.now, policy=policy)
            wrote_fact = bool(change.records) and change.records[-1].action is action
            shown = wrote_fact and action is FollowUpAction.PICKED_UP
            card = cards.pickup_card(self.subject(each.kind), fact_at) if shown else None
            self.change(change, card=card)
        dismissals.excuse(self, action, fact_at)

    def subject(self, kind: TicketKind) -> cards.Subject:
        """What a card of this order is about; `kind`: what was urged."""
        shop = self.scene.shop
        return cards.Subject(shop["name"], shop["locale"], self.order["number"], self.scene.market, kind)

    def add_parcel(
        self, carrier: str, number: str, shipped_at: datetime, *, estimated: bool, changed_times: int = 0
    ) -> rows.Row:
        """A parcel under a number, both normalised."""
        parcel = {
            "shop_id": self.order["shop_id"],
            "id": keys.new(),
            "order_id": self.order["id"],
            "carrier": carrier,
            "waybill_number": number,
            "shipped_at": shipped_at,
            "shipped_at_estimated": estimated,
            "picked_up_at": None,
            "signed_at": None,
            "replaced_by_id": None,
            "replaced_at": None,
            "changes": changed_times,
            "warnings": [code.value for code in waybill.warnings(carrier, number)],
            "created_at": self.scene.now,
        }
        self.parcels.append(parcel)
        self.new_parcels.append(parcel)
        return parcel

    def replace_parcel(
        self, old: rows.Row, carrier: str, number: str, *, reason: str | None, outside: bool
    ) -> tuple[rows.Row, rows.Row]:
        """Another number takes the place of `old`; the new parcel, and the row of the change (§7)."""
        new = self.add_parcel(
            carrier,
            number,
            old["shipped_at"],
            estimated=old["shipped_at_estimated"],
            changed_times=old["changes"] + 1,
        )
        self.set_parcel(old, replaced_by_id=new["id"], replaced_at=self.scene.now)
        change = {
            "shop_id": self.order["shop_id"],
            "id": keys.new(),
            "order_id": self.order["id"],
            "record_id": None,
            "from_parcel_id": old["id"],
            "to_parcel_id": new["id"],
            "reason": reason,
            "outside": outside,
            "changed_at": self.scene.now,
        }
        return new, change

    def keep_change(self, change: rows.Row) -> None:
        """A waybill change that no record tells of: the order has no unclosed ticket."""
        self.loose_changes.append(change)

    def apply_scan(self, parcel: rows.Row, scan: rows.Row) -> None:
        """What a joined scan says of its parcel. One from before the payment is another parcel's."""
        if parcel["replaced_at"] is not None or scan["occurred_at"] < self.order["paid_at"]:
            return
        moment = scan["occurred_at"]
        if scan["proves_pickup"] and (parcel["picked_up_at"] is None or moment < parcel["picked_up_at"]):
            self.set_parcel(parcel, picked_up_at=moment)
        if scan_rules.proves_signed(scan["code"]) and (
            parcel["signed_at"] is None or moment < parcel["signed_at"]
        ):
            self.set_parcel(parcel, signed_at=moment)

    def follow_parcels(self) -> None:
        """Bring the order up to its parcels; when the last one is picked up its tickets complete (§8).

        The first parcel starts the pickup clock of an urge-shipment ticket (§3).
        """
        current = self.current
        was_shipped, was_picked_up_at = self.order["shipped_at"] is not None, self.order["picked_up_at"]
        self.set(
            shipped_at=min((each["shipped_at"] for each in self.parcels), default=None),
            picked_up_at=_last(each["picked_up_at"] for each in current),
            signed_at=_last(each["signed_at"] for each in current),
        )
        if self.order["shipped_at"] is not None and not was_shipped:
            self._ship()
        picked_up_at = self.order["picked_up_at"]
        if picked_up_at is not None and was_picked_up_at is None:
            self.complete(FollowUpAction.PICKED_UP, picked_up_at)
        elif picked_up_at is not None and picked_up_at < was_picked_up_at:
            dismissals.excuse(self, FollowUpAction.PICKED_UP, picked_up_at)

    def _ship(self) -> None:
        scene, order = self.scene, self.order
        self.time_anew()
        for each in list(self.tickets):
            policy = scene.policy_of(each)
            change = shipment.ship(
                each,
                shipped_at=order["shipped_at"],
                money_at_risk=complaint.money_at_risk(Violation.NO_PICKUP, self.sale(policy), policy),
                settled_at=min(scene.now, order["picked_up_at"] or scene.now),
                now=scene.now,
                policy=policy,
                calendar=self.calendar,
            )
            self.change(change)

    def set_payment(self, paid_at: datetime, ship_by_given: datetime | None) -> bool:
        """Payment and shipping limit, which hang together (`domain.md §4`).

        A payment earlier than was known lets scans count that did not: then `known_scans.count_again`.
        """
        self.paid_earlier = self.paid_earlier or paid_at < self.order["paid_at"]
        limit = sla.shipping_limit(paid_at, ship_by_given, self.scene.policy)
        return self.set(paid_at=paid_at, ship_by_given=ship_by_given, ship_by=limit)

    def unclosed(self) -> Ticket | None:
        """The ticket that is not closed, if there is one."""
        return next((each for each in self.tickets if not each.closed), None)


def _last(moments: Any) -> datetime | None:  # noqa: ANN401 - any iterable of moments or None
    known = list(moments)
    return None if not known or None in known else max(known)


async def lock(
    connection: Connection,
    viewer: Viewer | None,
    rules: Rules,
    shop_id: UUID,
    *,
    order_ids: Sequence[UUID] | None = None,
    numbers: Sequence[str] | None = None,
) -> tuple[Scene, list[OrderAggregate]]:
    """Lock orders of one shop, by id or by number, and read all that hangs on them."""
    if order_ids is not None:
        found = await orders.lock(connection, shop_id, order_ids)
    else:
        found = await orders.lock_by_number(connection, shop_id, numbers or ())
    ids = [order["id"] for order in found]
    around = await orders.around(connection, shop_id, ids, viewer.subject if viewer else "")
    scene = Scene(around.shop, viewer, around.now, await rules.at(connection, around.revision))
    return scene, [
        OrderAggregate(scene, order, around.parcels.get(order["id"], []), around.tickets.get(order["id"], []))
        for order in found
    ]


async def write(connection: Connection, aggregates: Sequence[OrderAggregate]) -> list[Written]:
    """Store all that changed, one statement a table; the stream rows are locked last."""
    await dismissals.add(connection, aggregates)
    await rows.insert(connection, "parcel", [parcel for each in aggregates for parcel in each.new_parcels])
    await rows.update(
        connection, "parcel", [parcel for each in aggregates for parcel in each.changed_parcels.values()]
    )
    await rows.insert(
        connection,
        "waybill_directory",
        [
            {
                "carrier": parcel["carrier"],
                "waybill_number": parcel["waybill_number"],
                "shop_id": parcel["shop_id"],
                "parcel_id": parcel["id"],
            }
            for each in aggregates
            for parcel in each.new_parcels
        ],
    )
    await scans.join(connection, [event for each in aggregates for event in each.joined])
    await rows.insert(
        connection, "waybill_change", [change for each in aggregates for change in each.loose_changes]
    )
    await rows.update(connection, "ticket", [row for each in aggregates for row in each.repriced])
    await complaints.reprice(connection, [row for each in aggregates for row in each.estimates])
    await orders.update(connection, [each.order for each in aggregates if each.changed])
    entries = [entry for each in aggregates for entry in each.entries.values()]
    if not entries:
        return []
    return await changes.apply(connection, entries, aggregates[0].scene.now)
