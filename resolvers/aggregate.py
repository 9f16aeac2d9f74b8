"""An order with all that hangs on it, locked: parcels, tickets, and what is about to be written.

Use cases lock one or many, change them in memory by the rules of the domain, and write them together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from db import changes, due, keys, orders, rows, scans
from domain import cards, complaint, retiming, sla, ticket, urge, waybill
from domain import scans as scan_rules
from domain.events import ActorKind, FollowUpAction
from domain.shop import Market

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from db.changes import Actor, Entry, Written
    from db.database import Connection
    from db.rules import Rules
    from domain.access import Viewer
    from domain.cards import Card
    from domain.exemptions import Calendar
    from domain.policy import Policy
    from domain.rulebook import Rulebook
    from domain.ticket import Change, Ticket

ROLE_NAMES = {ActorKind.INTEGRATION: "integration", ActorKind.PLATFORM: "platform"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What is the same for every order of one transaction. `now` was read after the locks were taken."""

    shop: dict[str, Any]
    viewer: Viewer | None
    now: datetime
    book: Rulebook

    @property
    def market(self) -> Market:
        """The shop's marketplace."""
        return Market(self.shop["market"])

    @property
    def policy(self) -> Policy:
        """What a ticket that opens now is under."""
        return self.book.current(self.market, self.now)

    def policy_of(self, each: Ticket) -> Policy:
        """What a ticket is under: the version it was opened with."""
        return self.book.version(self.market, each.policy_version)

    def actor(self, order: rows.Row) -> Actor:
        """Who acts, as the records name them; nobody's token (a carrier's hook) is an integration."""
        if self.viewer is None:
            return changes.Actor(ActorKind.INTEGRATION, "carrier")
        role, subject = self.viewer.role, self.viewer.subject
        if role is ActorKind.CONSUMER:
            return changes.Actor(role, order["buyer_nick"], subject)
        return changes.Actor(role, ROLE_NAMES.get(role) or self.shop["display_name"] or subject, subject)


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
    paid_earlier: bool = False

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
        self, change: Change, *, card: Card | None = None, waybill_change: rows.Row | None = None
    ) -> None:
        """Take over what a rule made of a ticket. Card and waybill change belong to its last record."""
        if not change.records:
            return
        after = change.ticket
        known = self.entries.get(after.id)
        before = next((each for each in self.tickets if each.id == after.id), None)
        merged = change if known is None else known.change.then(change)
        last = len(merged.records) - 1
        self.entries[after.id] = changes.Entry(
            before=before if known is None else known.before,
            change=merged,
            actor=self.scene.actor(self.order),
            paid=self.order["paid_amount"],
            policy=self.scene.policy_of(after),
            cards={**(known.cards if known else {}), **({last: card} if card else {})},
            waybill_changes={
                **(known.waybill_changes if known else {}),
                **({last: waybill_change} if waybill_change else {}),
            },
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
        scene, calendar = self.scene, self.calendar
        for each in list(self.tickets):
            due_by = each.deadline_at
            if due_by is not None and due_by <= scene.now and retiming.stale(each, calendar):
                policy = scene.policy_of(each)
                self.change(retiming.retime(each, calendar, now=scene.now, policy=policy))

    def complete(self, action: FollowUpAction, fact_at: datetime) -> None:
        """A pickup, refund or closing ends every unclosed ticket (`domain.md §3`)."""
        scene = self.scene
        self.time_anew()
        card = self._pickup_card(fact_at) if action is FollowUpAction.PICKED_UP else None
        for each in list(self.tickets):
            policy = scene.policy_of(each)
            change = ticket.complete(each, action, fact_at=fact_at, now=scene.now, policy=policy)
            wrote_fact = bool(change.records) and change.records[-1].action is action
            self.change(change, card=card if wrote_fact else None)

    def subject(self) -> cards.Subject:
        """What a card of this order is about."""
        return cards.Subject(self.scene.shop["name"], self.scene.shop["locale"], self.order["number"])

    def _pickup_card(self, picked_up_at: datetime) -> Card:
        return cards.pickup_card(self.subject(), picked_up_at)

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
        """Bring the order up to its parcels; when the last one is picked up its tickets complete (§8)."""
        current = self.current
        was_picked_up = self.order["picked_up_at"] is not None
        self.set(
            shipped_at=min((each["shipped_at"] for each in self.parcels), default=None),
            picked_up_at=_last(each["picked_up_at"] for each in current),
            signed_at=_last(each["signed_at"] for each in current),
        )
        if self.order["picked_up_at"] is not None and not was_picked_up:
            self.complete(FollowUpAction.PICKED_UP, self.order["picked_up_at"])

    def set_payment(self, paid_at: datetime, ship_by_given: datetime | None) -> bool:
        """Payment and shipping limit, which hang together (`domain.md §4`).

        A payment earlier than was known lets scans count that did not: `count_again` before `write`.
        """
        self.paid_earlier = self.paid_earlier or paid_at < self.order["paid_at"]
        limit = sla.shipping_limit(paid_at, ship_by_given, self.scene.policy)
        return self.set(paid_at=paid_at, ship_by_given=ship_by_given, ship_by=limit)

    def reprice(self) -> None:
        """The order's amount was corrected: what its unclosed tickets put at risk follows (§10)."""
        for each in list(self.tickets):
            if each.closed:
                continue
            risk = complaint.money_at_risk(self.order["paid_amount"], self.scene.policy_of(each))
            if each.money_at_risk != risk:
                row = {"shop_id": each.shop_id, "id": each.id, "money_at_risk": risk}
                self.repriced.append(row)
                self.tickets[self.tickets.index(each)] = replace(each, money_at_risk=risk)

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
    await orders.update(connection, [each.order for each in aggregates if each.changed])
    entries = [entry for each in aggregates for entry in each.entries.values()]
    if not entries:
        return []
    return await changes.apply(connection, entries, aggregates[0].scene.now)


async def count_again(connection: Connection, aggregates: Sequence[OrderAggregate]) -> None:
    """Look again at the scans of orders whose payment turned out to be earlier; call it before `write`."""
    again = [each for each in aggregates if each.paid_earlier]
    if not again:
        return
    parcels = {parcel["id"]: (each, parcel) for each in again for parcel in each.current}
    for scan in await scans.joined(connection, again[0].order["shop_id"], list(parcels)):
        each, parcel = parcels[scan["parcel_id"]]
        each.apply_scan(parcel, scan)
    for each in again:
        each.follow_parcels()


async def join_known_scans(connection: Connection, aggregates: Sequence[OrderAggregate]) -> None:
    """Join the scans that are already known of the aggregates' new parcels; call it before `write`.

    The numbers stay locked until the commit, so that no scan arriving meanwhile falls between.
    """
    new = [(each, parcel) for each in aggregates for parcel in each.new_parcels]
    if not new:
        return
    wanted = [((parcel["carrier"], parcel["waybill_number"]), parcel["order_id"]) for _, parcel in new]
    await scans.lock_numbers(connection, [number for number, _ in wanted])
    known = await scans.waiting(connection, new[0][1]["shop_id"], wanted)
    for each, parcel in new:
        each.joined.extend(
            {
                "shop_id": parcel["shop_id"],
                "id": keys.new(),
                "parcel_id": parcel["id"],
                **scan,
                "counted": True,
            }
            for scan in known.get(((parcel["carrier"], parcel["waybill_number"]), parcel["order_id"]), ())
        )
        for event in each.joined:
            if event["parcel_id"] == parcel["id"]:
                each.apply_scan(parcel, event)
