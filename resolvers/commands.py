"""What is asked of the use cases, as plain values. Ids are public ids, as the client sent them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.order import OrderRow
    from domain.shop import Market
    from domain.webhooks import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A write. With `idempotency_key` it takes effect once, however often it is sent."""

    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Waybill:
    """A carrier, by any of its names, and a number, as typed."""

    carrier: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToTicket(Command):
    """A seller's reply (`domain.md §6`)."""

    ticket_id: str
    scheme: str
    note: str | None = None
    template_id: str | None = None
    promised_pickup_at: datetime | None = None
    waybill: Waybill | None = None
    parcel_id: str | None = None
    proof_urls: tuple[str, ...] = ()
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyTickets(Command):
    """A write to many tickets, at most 200."""

    ticket_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToTickets(ManyTickets):
    """One reply to many tickets (`domain.md §6`)."""

    scheme: str
    note: str | None = None
    template_id: str | None = None
    promised_pickup_at: datetime | None = None
    proof_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTickets(ManyTickets):
    """Who works on tickets from now on; neither `assignee_id` nor `to_me`: nobody."""

    assignee_id: str | None = None
    to_me: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveReplyTemplate(Command):
    """A new reply template of a shop (`id` None) or a change of one; None leaves a field as it is."""

    shop_id: str
    id: str | None = None
    title: str | None = None
    scheme_code: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(Command):
    """Something is no longer wanted. What it is tells the class: a key is one operation's."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteReplyTemplate(Delete):
    """A reply template is no longer wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWaybill(Command):
    """Another number for a parcel, beside any reply (`domain.md §7`)."""

    parcel_id: str
    waybill: Waybill
    reason: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote(Command):
    """A remark of the staff."""

    ticket_id: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateComplaint(Command):
    """The seller's side of a complaint (`domain.md §10`); `proof_urls` None leaves the proofs as they are."""

    complaint_id: str
    statement: str
    proof_urls: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleComplaint(Command):
    """The seller accepts a complaint before it is ruled on."""

    complaint_id: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOnComplaint(Command):
    """The platform's ruling. `compensation` (yuan) instead of the rate's; `violation` if it found another."""

    complaint_id: str
    upheld: bool
    reason: str
    compensation: Decimal | None = None
    penalty_points: int = 0
    violation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgePickup(Command):
    """The buyer urges (`domain.md §4`)."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgeShipment(Command):
    """The buyer urges the shipment of an order without a parcel (`domain.md §4`)."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawUrge(Command):
    """The buyer takes the urge back."""

    ticket_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOrders(Command):
    """Orders as their source tells them, at most 500."""

    shop_id: str
    orders: tuple[OrderRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRow:
    """A parcel handed over under a waybill number."""

    order_number: str
    carrier: str
    waybill_number: str
    shipped_at: datetime
    replaces_waybill_number: str | None = None
    shipped_at_estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordShipments(Command):
    """Shipments, at most 500."""

    shop_id: str
    shipments: tuple[ShipmentRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingEventRow:
    """A carrier scan as an integration tells it."""

    carrier: str
    waybill_number: str
    occurred_at: datetime
    code: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTrackingEvents(Command):
    """Carrier scans, at most 500."""

    events: tuple[TrackingEventRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRow:
    """A refund; a partial one (`closes_order` False) completes no ticket."""

    order_number: str
    refunded_at: datetime
    closes_order: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRefunds(Command):
    """Refunds, at most 500."""

    shop_id: str
    refunds: tuple[RefundRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveShop(Command):
    """A new shop (`id` None) or a change of one; None leaves a field as it is."""

    id: str | None = None
    name: str | None = None
    market: Market | None = None
    locale: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveStaffMember(Command):
    """A new member of a shop (`id` None) or a change of one; None leaves a field as it is."""

    shop_id: str
    id: str | None = None
    subject: str | None = None
    display_name: str | None = None
    owner: bool | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveWebhook(Command):
    """A new webhook (`id` None) or a change of one; None leaves a field as it is."""

    shop_id: str
    id: str | None = None
    url: str | None = None
    events: tuple[WebhookEvent, ...] | None = None
    active: bool | None = None
    renew_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWebhook(Delete):
    """Tell a webhook nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeliver(Command):
    """Deliver a message once more."""

    delivery_id: str


@dataclass(frozen=True, slots=True)
class TicketChanged:
    """What a change of a ticket made: the keys to read it by, and its position in the shop's stream."""

    shop_id: str
    ticket_id: str
    position: int
    record_id: str | None = None
    card_id: str | None = None


@dataclass(frozen=True, slots=True)
class TicketRow:
    """What became of one ticket of many: its position, none when nothing changed, or why it was refused.

    `shop_id` is None for a ticket that the viewer does not see.
    """

    index: int
    ticket_id: str
    shop_id: str | None = None
    position: int | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class TicketsChanged:
    """What became of each ticket of a call, in its order."""

    rows: tuple[TicketRow, ...]


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was deleted."""

    id: str


@dataclass(frozen=True, slots=True)
class WaybillChanged:
    """The new parcel, the ticket it touched, and the position in the shop's stream."""

    shop_id: str
    parcel_id: str
    position: int
    ticket_id: str | None = None


@dataclass(frozen=True, slots=True)
class ComplaintChanged:
    """The complaint that was changed, and the position in the shop's stream."""

    shop_id: str
    complaint_id: str
    position: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved: its shop and its own id (the same for a shop)."""

    shop_id: str
    id: str


@dataclass(frozen=True, slots=True)
class WebhookSaved:
    """A webhook as saved; its secret in text when it was made or renewed just now."""

    shop_id: str
    id: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row: CREATED, UPDATED, UNCHANGED or FAILED, the thing's id, or why not."""

    index: int
    outcome: str
    id: str | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of each row of a call."""

    rows: tuple[RowResult, ...]

    def count(self, outcome: str) -> int:
        """How many rows came out so."""
        return sum(row.outcome == outcome for row in self.rows)
