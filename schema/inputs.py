"""What clients send. An absent field is left as it is, or takes its documented default."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.shop import Market
from domain.templates import VARIABLES
from domain.webhooks import WebhookEvent


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


def template_id() -> Any:  # noqa: ANN401
    """The template of a reply."""
    return field(
        "A template of the ticket's shop for this scheme: its words, filled in for the ticket, are the note"
        " when `note` is left out or blank.",
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
    template_id: strawberry.ID | None = template_id()
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


@strawberry.input(description="One reply to many tickets, also of several shops.")
class ReplyToTicketsInput:
    """One reply to many tickets."""

    ticket_ids: list[strawberry.ID] = field("The tickets, at most 200.")
    scheme: str = field("The code of a scheme; one that takes a waybill number answers one ticket at a time.")
    note: str | None = field("A note to the buyers; at most 2,000 characters.", optional=True)
    template_id: strawberry.ID | None = template_id()
    promised_pickup_at: datetime | None = field("When the parcels will be picked up.", optional=True)
    proof_urls: list[str] | None = field("https links to proofs; at most 9.", optional=True)
    idempotency_key: str | None = key()


@strawberry.input(description="Who works on tickets from now on.")
class AssignTicketsInput:
    """Who works on tickets from now on."""

    ticket_ids: list[strawberry.ID] = field("The tickets, at most 200.")
    assignee_id: strawberry.ID | None = field(
        "An active member of the tickets' shop. Null, and `toMe` false: nobody.", optional=True
    )
    to_me: bool | None = strawberry.field(
        description="To you, as the member of each ticket's shop that you are.", default=False
    )
    idempotency_key: str | None = key()


@strawberry.input(description="A new reply template, or a change of one. An absent field is left as it is.")
class SaveReplyTemplateInput:
    """A new reply template, or a change of one."""

    id: strawberry.ID | None = field("The template to change; absent for a new one.", optional=True)
    shop_id: strawberry.ID = field("The shop.")
    title: str | None = field(
        "Its name in lists, at most 100 characters; needed for a new one.", optional=True
    )
    scheme_code: str | None = field("The scheme it is for; needed for a new one.", optional=True)
    body: str | None = field(
        "The note, at most 2,000 characters; needed for a new one. Variables, filled in for each ticket:"
        f" {', '.join(f'{{{{{name}}}}}' for name in VARIABLES)}.",
        optional=True,
    )
    idempotency_key: str | None = key()


@strawberry.input(description="Something is no longer wanted.")
class DeleteInput:
    """Something is no longer wanted."""

    id: strawberry.ID = field("Its id.")
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


@strawberry.input(description="The seller's side of a complaint.")
class StateComplaintInput:
    """The seller's side of a complaint."""

    complaint_id: strawberry.ID = field("The complaint.")
    statement: str = field("1 to 2,000 characters; a later statement takes its place.")
    proof_urls: list[str] | None = field(
        "https links to proofs, at most 9, in place of those before; left out, they stay.", optional=True
    )
    idempotency_key: str | None = key()


@strawberry.input(description="The seller accepts a complaint before it is ruled on.")
class SettleComplaintInput:
    """The seller accepts a complaint."""

    complaint_id: strawberry.ID = field("The complaint.")
    note: str | None = field("For the ticket's records; at most 2,000 characters.", optional=True)
    idempotency_key: str | None = key()


@strawberry.input(description="The platform's ruling.")
class RuleOnComplaintInput:
    """The platform's ruling."""

    complaint_id: strawberry.ID = field("The complaint.")
    upheld: bool = field("判责成立. False dismisses it: then no money, points or violation.")
    reason: str = field("Why, 1 to 2,000 characters.")
    compensation: Decimal | None = field(
        "Instead of rate x paid amount; what the buyer gets for one seller and payment day is capped all the"
        " same.",
        optional=True,
    )
    penalty_points: int | None = strawberry.field(
        description="When it was serious; capped by the policy for each complaint and for 30 days.", default=0
    )
    violation: str | None = field(
        "When another was found than it was filed for: NO_PICKUP, LATE_SHIPMENT, OUT_OF_STOCK or"
        " FALSE_WAYBILL; its rate is taken.",
        optional=True,
    )
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


@strawberry.input(description="A new webhook, or a change of one. An absent field is left as it is.")
class SaveWebhookInput:
    """A new webhook, or a change of one."""

    id: strawberry.ID | None = field("The webhook to change; absent for a new one.", optional=True)
    shop_id: strawberry.ID = field("The shop.")
    url: str | None = field(
        "An https link to a public server, at most 2,000 characters; needed for a new one.", optional=True
    )
    events: list[WebhookEvent] | None = field(
        "What it is told of, at least one; needed for a new one.", optional=True
    )
    active: bool | None = field("True for a new one; false: it is told nothing.", optional=True)
    renew_secret: bool | None = strawberry.field(
        description="Also make a new secret; the old one goes on signing beside it for 24 hours.",
        default=False,
    )
    idempotency_key: str | None = key()


@strawberry.input(description="A message to be delivered once more.")
class RedeliverInput:
    """A message to be delivered once more."""

    delivery_id: strawberry.ID = field("The delivery.")
    idempotency_key: str | None = key()
