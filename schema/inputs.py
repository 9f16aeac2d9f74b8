"""What clients send. An absent field is left as it is, or takes its documented default."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.order import OrderStatus
from domain.shop import Market
from domain.ticket_words import TicketKind, TicketStatus, Urgency
from resolvers.reads.tickets import TicketOrderField
from schema.enums import Direction


def field(description: str, *, optional: bool = False, **more: Any) -> Any:  # noqa: ANN401 - any input field
    """An input field; an optional one may be left out, and is then UNSET."""
    default = {"default": strawberry.UNSET} if optional else {}
    return strawberry.field(description=description, **default, **more)


def key() -> Any:  # noqa: ANN401
    """The idempotency key of a write."""
    return field(
        "At most 200 characters, kept 7 days: sent again with the same input, the write has no second"
        " effect and answers as the first time, read as it stands now.",
        optional=True,
    )


@strawberry.input(description="A carrier and a waybill number.")
class WaybillInput:
    """A carrier and a waybill number."""

    carrier: str = field("The carrier's code, or any name it goes by.")
    number: str = field("运单号, as typed: width, case and spaces do not matter.")


@strawberry.input(description="A seller's reply.")
class ReplyToTicketInput:
    """A seller's reply."""

    ticket_id: strawberry.ID = field("The ticket.")
    scheme: str = field("The code of one of the ticket's `availableReplies`.")
    note: str | None = field("A note to the buyer; at most 2,000 characters.", optional=True)
    template_id: strawberry.ID | None = field(
        "The reply template that the note was made from.", optional=True
    )
    promised_pickup_at: datetime | None = field("When the parcel will be picked up.", optional=True)
    waybill: WaybillInput | None = field("For CHANGE_WAYBILL: the new number.", optional=True)
    parcel_id: strawberry.ID | None = field(
        "Needed when several current parcels are unscanned.", optional=True
    )
    proof_urls: list[str] | None = field("https links to proofs; at most 9.", optional=True)
    expected_version: int | None = field(
        "The version of the ticket you look at; another one refuses the reply.", optional=True
    )
    idempotency_key: str | None = key()


@strawberry.input(description="Another waybill number, beside any reply.")
class ChangeWaybillInput:
    """Another waybill number."""

    parcel_id: strawberry.ID = field("The parcel whose number changes.")
    waybill: WaybillInput = field("The new number.")
    reason: str | None = field("Why, for the shop's own records.", optional=True)
    expected_version: int | None = field("Of the order's unclosed ticket, if there is one.", optional=True)
    idempotency_key: str | None = key()


@strawberry.input(description="A remark of the staff.")
class AddNoteInput:
    """A remark of the staff."""

    ticket_id: strawberry.ID = field("The ticket.")
    note: str = field("The remark, 1 to 2,000 characters; buyers never see it.")
    idempotency_key: str | None = key()


@strawberry.input(description="The buyer urges.")
class UrgeInput:
    """The buyer urges."""

    order_id: strawberry.ID = field("The order.")
    idempotency_key: str | None = key()


@strawberry.input(description="The buyer takes the urge back.")
class WithdrawUrgeInput:
    """The buyer takes the urge back."""

    ticket_id: strawberry.ID = field("The ticket.")
    idempotency_key: str | None = key()


@strawberry.input(description="An order as its source tells it.")
class OrderRow:
    """An order as its source tells it."""

    number: str = field("The marketplace's order number, unique within the shop.")
    buyer_id: str = field("The buyer's id on the marketplace, the subject of their token.")
    buyer_nick: str = field("The buyer's name on the marketplace.")
    item_title: str = field("What was bought.")
    quantity: int = field("How many.")
    paid_amount: Decimal = field("What the buyer paid.")
    paid_at: datetime = field("When the buyer paid.")
    ship_by: datetime | None = field(
        "The order's own shipping limit; without one it is the policy's, counted from the payment.",
        optional=True,
    )
    closed_at: datetime | None = field("When the order was closed.", optional=True)
    origin_region: str | None = field("GB/T 2260 code of where it is sent from.", optional=True)
    destination_region: str | None = field("GB/T 2260 code of where it is sent to.", optional=True)
    address_key: str | None = field(
        "Hash of receiver and address: the same key may share a parcel.", optional=True
    )


@strawberry.input(description="Orders of one shop.")
class RecordOrdersInput:
    """Orders of one shop."""

    shop_id: strawberry.ID = field("The shop.")
    orders: list[OrderRow] = field("At most 500.")
    idempotency_key: str | None = key()


@strawberry.input(description="A parcel handed over under a waybill number.")
class ShipmentRow:
    """A parcel handed over under a waybill number."""

    order_number: str = field("The number of its order.")
    carrier: str = field("The carrier's code, or any name it goes by.")
    waybill_number: str = field("运单号.")
    shipped_at: datetime = field("When the seller handed it over.")
    replaces_waybill_number: str | None = field(
        "The number this one takes the place of, when changed outside.", optional=True
    )


@strawberry.input(description="Shipments of one shop.")
class RecordShipmentsInput:
    """Shipments of one shop."""

    shop_id: strawberry.ID = field("The shop.")
    shipments: list[ShipmentRow] = field("At most 500.")
    idempotency_key: str | None = key()


@strawberry.input(description="A carrier's scan.")
class TrackingEventRow:
    """A carrier's scan."""

    carrier: str = field("The carrier's code, or any name it goes by.")
    waybill_number: str = field("运单号.")
    occurred_at: datetime = field("When the carrier scanned it.")
    code: str = field("Kuaidi100's state, such as 103, or smart logistics' word, such as GOT.")
    description: str = field("The carrier's words.")


@strawberry.input(description="Carriers' scans; they join parcels of the token's shops only.")
class RecordTrackingEventsInput:
    """Carriers' scans."""

    events: list[TrackingEventRow] = field("At most 500.")
    idempotency_key: str | None = key()


@strawberry.input(description="A refund.")
class RefundRow:
    """A refund."""

    order_number: str = field("The number of its order.")
    refunded_at: datetime = field("When it was refunded.")
    closes_order: bool | None = strawberry.field(
        description="False: a partial refund; it does not complete a ticket.", default=True
    )


@strawberry.input(description="Refunds of one shop.")
class RecordRefundsInput:
    """Refunds of one shop."""

    shop_id: strawberry.ID = field("The shop.")
    refunds: list[RefundRow] = field("At most 500.")
    idempotency_key: str | None = key()


@strawberry.input(description="A new shop, or a change of one. An absent field is left as it is.")
class SaveShopInput:
    """A new shop, or a change of one."""

    id: strawberry.ID | None = field("The shop to change; absent for a new one.", optional=True)
    name: str | None = field("What buyers know it by; needed for a new one.", optional=True)
    market: Market | None = field("The marketplace; GENERIC for a new one.", optional=True)
    locale: str | None = field("zh-CN or en; zh-CN for a new one.", optional=True)
    active: bool | None = field("True for a new one.", optional=True)
    idempotency_key: str | None = key()


@strawberry.input(description="A new member of a shop, or a change of one. An absent field is left as it is.")
class SaveStaffMemberInput:
    """A new member of a shop, or a change of one."""

    id: strawberry.ID | None = field("The member to change; absent for a new one.", optional=True)
    shop_id: strawberry.ID = field("The shop.")
    subject: str | None = field("The subject of their tokens; needed for a new one.", optional=True)
    display_name: str | None = field("The name that records show; needed for a new one.", optional=True)
    owner: bool | None = field("False for a new one.", optional=True)
    active: bool | None = field("True for a new one.", optional=True)
    idempotency_key: str | None = key()


@strawberry.input(description="Another version of a market's policy.")
class SavePolicyInput:
    """Another version of a market's policy."""

    market: Market = field("The marketplace.")
    document: str = field("The whole policy as JSON text, by `policies/policy.schema.json`.")
    active_from: datetime | None = field(
        "From when on new tickets open under it; now when left out.", optional=True
    )
    retime: bool | None = strawberry.field(
        description="Also put open tickets under it; none of their deadlines moves earlier.", default=False
    )
    idempotency_key: str | None = key()


@strawberry.input(description="A new exemption, or a change of one. An absent field is left as it is.")
class SaveExemptionInput:
    """A new exemption, or a change of one."""

    id: strawberry.ID | None = field("The exemption to change; absent for a new one.", optional=True)
    title: str | None = field("What the platform calls it; needed for a new one.", optional=True)
    market: Market | None = field("The marketplace; null for all.", optional=True)
    region: str | None = field("Prefix of a GB/T 2260 code; null for everywhere.", optional=True)
    end: ExemptionEnd | None = field("EITHER for a new one.", optional=True)
    basis: ExemptionBasis | None = field("DEADLINE for a new one.", optional=True)
    starts_at: datetime | None = field(
        "When its window begins; needed for a new one.", optional=True, name="from"
    )
    ends_at: datetime | None = field(
        "When its window ends, itself not included; needed for a new one.", optional=True, name="to"
    )
    latest_at: datetime | None = field(
        "Until when what falls in the window is put off; needed for a new one.", optional=True
    )
    idempotency_key: str | None = key()


@strawberry.input(description="Something to be deleted.")
class DeleteInput:
    """Something to be deleted."""

    id: strawberry.ID = field("Its public id.")
    idempotency_key: str | None = key()


@strawberry.input(description="A clock that is asked about.")
class DeadlinePreviewInput:
    """A clock that is asked about."""

    start: datetime = field("When it starts.")
    window_hours: int | None = strawberry.field(description="Its window, at most 8,760 hours.", default=24)
    market: Market | None = strawberry.field(description="The shop's marketplace.", default=Market.GENERIC)
    origin_region: str | None = field("GB/T 2260 code of where the order is sent from.", optional=True)
    destination_region: str | None = field("GB/T 2260 code of where it is sent to.", optional=True)
    paid_at: datetime | None = field("When it was paid.", optional=True)
    ship_by: datetime | None = field(
        "Its own shipping limit; without one the policy's, counted from the payment.", optional=True
    )


@strawberry.input(description="Which tickets; an absent field does not narrow.")
class TicketFilter:
    """Which tickets."""

    shop_ids: list[strawberry.ID] | None = field(
        "Of these shops; one that you may not see has none.", optional=True
    )
    status: list[TicketStatus] | None = field("In one of these states.", optional=True)
    kind: list[TicketKind] | None = field("Of one of these kinds.", optional=True)
    urgency: list[Urgency] | None = field("With the clock in one of these states now.", optional=True)
    assignee_id: strawberry.ID | None = field("Assigned to this member.", optional=True)
    assigned_to_me: bool | None = field("Assigned to you; false: to anybody or nobody else.", optional=True)
    unassigned: bool | None = field("Assigned to nobody; false: to somebody.", optional=True)
    carrier: list[str] | None = field("With a current parcel of one of these carriers.", optional=True)
    deadline_before: datetime | None = field("With a deadline before this.", optional=True)
    deadline_after: datetime | None = field("With a deadline at or after this.", optional=True)
    opened_after: datetime | None = field("Opened at or after this.", optional=True)
    opened_before: datetime | None = field("Opened before this.", optional=True)
    search: str | None = field(
        "By prefix of ticket number, order number, waybill number or buyer nick; at least 2 characters.",
        optional=True,
    )


@strawberry.input(description="What tickets are ordered by.")
class TicketOrder:
    """What tickets are ordered by."""

    field: TicketOrderField = field("The value.")
    direction: Direction = strawberry.field(description="Which way.")


@strawberry.input(description="Which orders; an absent field does not narrow.")
class OrderFilter:
    """Which orders."""

    shop_ids: list[strawberry.ID] | None = field(
        "Of these shops; one that you may not see has none.", optional=True
    )
    status: list[OrderStatus] | None = field("In one of these states.", optional=True)
    search: str | None = field(
        "By prefix of order number, waybill number or buyer nick; at least 2 characters.", optional=True
    )
    paid_after: datetime | None = field("Paid at or after this.", optional=True)
    paid_before: datetime | None = field("Paid before this.", optional=True)
    awaiting_pickup: bool | None = field("Shipped, not ended, and not every parcel picked up.", optional=True)
