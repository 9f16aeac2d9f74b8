"""The domain's words as enums of the schema, each value described. Imported for its effect."""

from enum import Enum

import strawberry

from domain.cards import CardKind, DeliveryStatus
from domain.complaint import ComplaintStatus
from domain.events import ActorKind, FollowUpAction
from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.order import OrderStatus
from domain.periods import Bucket
from domain.replies import ReplyRequirement
from domain.shop import Market
from domain.ticket_words import TicketKind, TicketOutcome, TicketStatus, Urgency
from domain.urge import UrgeRefusal
from domain.waybill import WaybillRefusal
from domain.webhooks import WebhookEvent
from resolvers.reads.tickets import TicketOrderField


class Direction(Enum):
    """Which way a list runs."""

    ASC = "ASC"
    DESC = "DESC"


class RecordOutcome(Enum):
    """What became of a row that was recorded."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    FAILED = "FAILED"


def _describe(words: type[Enum], description: str, values: dict[str, str]) -> None:
    """Make `words` an enum of the schema; every value has its description."""
    made = strawberry.enum(words, description=description)
    for value in made.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[value.name]


_describe(
    TicketKind,
    "What the buyer urges.",
    {
        "URGE_PICKUP": "催揽收: the parcel has a number, and the carrier has not picked it up.",
        "URGE_SHIPMENT": "催发货: the order is not shipped past its limit.",
    },
)
_describe(
    TicketStatus,
    "Where a ticket stands.",
    {
        "AWAITING_REPLY": "等待卖家回复: the clock runs until the seller replies.",
        "REPLIED": "Replied: the clock is stopped, the promise runs.",
        "AWAITING_PICKUP": "Shipped after an urge for shipment: the clock runs until the pickup.",
        "COMPLETED": "Closed by a pickup, a refund, or the end of the order.",
        "ESCALATED": "Closed by its deadline: a complaint was filed.",
        "WITHDRAWN": "Closed by the buyer.",
    },
)
_describe(
    TicketOutcome,
    "How a closed ticket ended.",
    {
        "PICKED_UP": "The carrier picked the parcel up.",
        "REFUNDED": "The order was refunded.",
        "ORDER_CLOSED": "The order was closed.",
        "WITHDRAWN": "The buyer took the urge back.",
        "COMPLAINT_FILED": "The deadline passed and a complaint was filed.",
    },
)
_describe(
    Urgency,
    "Where the clock stands: NONE when stopped or closed, CRITICAL under 1 h, WARNING under 4 h, OVERDUE when"
    " past and not yet filed.",
    {
        "NONE": "No clock runs.",
        "NORMAL": "4 hours or more are left.",
        "WARNING": "Less than 4 hours are left.",
        "CRITICAL": "Less than 1 hour is left.",
        "OVERDUE": "The deadline has passed; the complaint is about to be filed.",
    },
)
_describe(
    OrderStatus,
    "Where an order stands.",
    {
        "PAID": "Paid, not shipped.",
        "SHIPPED": "A waybill number is known, and no pickup of every parcel.",
        "PICKED_UP": "The carrier has every parcel.",
        "SIGNED": "Every parcel was handed over.",
        "REFUNDED": "Refunded.",
        "CLOSED": "Closed without a refund.",
    },
)
_describe(
    FollowUpAction,
    "What a follow-up record tells.",
    {
        "OPENED": "The buyer urged; the ticket opened.",
        "REPLIED": "The seller replied.",
        "WAYBILL_CHANGED": "The waybill number was changed beside any reply.",
        "SHIPPED": "The order was shipped.",
        "PICKED_UP": "The carrier picked the parcel up.",
        "REFUNDED": "The order was refunded.",
        "ORDER_CLOSED": "The order was closed.",
        "REMINDED": "The deadline draws near.",
        "DEADLINE_MOVED": "An exemption moved the deadline.",
        "PROMISE_BROKEN": "The promised time passed without a pickup.",
        "REOPENED": "The buyer urged again: a new round.",
        "ASSIGNED": "Somebody else works on it.",
        "NOTED": "A remark of the staff.",
        "ESCALATED": "The deadline passed; the complaint was filed.",
        "COMPLAINT_STATEMENT": "The seller stated their side of the complaint.",
        "COMPLAINT_SETTLED": "The seller accepted the complaint before the ruling.",
        "COMPLAINT_RULED": "The complaint was ruled on or dismissed.",
        "WITHDRAWN": "The buyer took the urge back.",
    },
)
_describe(
    ActorKind,
    "Who acts.",
    {
        "CONSUMER": "The buyer.",
        "STAFF": "A member of the shop.",
        "INTEGRATION": "A program that records orders, shipments, scans and refunds.",
        "PLATFORM": "The operator.",
        "SYSTEM": "The clock.",
    },
)
_describe(
    ExemptionEnd,
    "Which end of the way lies in an exemption's region.",
    {
        "ORIGIN": "Where the parcel is sent from.",
        "DESTINATION": "Where it is sent to.",
        "EITHER": "One of the two.",
    },
)
_describe(
    ExemptionBasis,
    "What has to fall within an exemption.",
    {
        "DEADLINE": "The deadline itself.",
        "PAID_AT": "The payment of the order.",
        "SHIP_BY": "The shipping limit of the order.",
    },
)
_describe(
    ReplyRequirement,
    "What a reply scheme asks for.",
    {
        "WAYBILL": "Another waybill number.",
        "PROMISED_TIME": "A time by which the parcel is picked up.",
        "NOTE": "A note to the buyer.",
        "PROOF": "At least one https link.",
    },
)
_describe(
    ComplaintStatus,
    "Where a complaint stands.",
    {
        "FILED": "Filed, not ruled on.",
        "SETTLED": "Accepted by the seller before the ruling.",
        "UPHELD": "判责成立: the seller is liable.",
        "DISMISSED": "Dismissed, with a reason.",
    },
)
_describe(
    CardKind,
    "What a card tells the buyer.",
    {"REPLY": "The seller's reply.", "PICKED_UP": "The carrier has the parcel."},
)
_describe(
    DeliveryStatus,
    "How far a card, or a message to a webhook, has come.",
    {
        "PENDING": "Waits to be sent; a card also while no webhook of the shop wants it.",
        "DELIVERED": "Taken by a webhook; a card is then with the shop's card channel.",
        "FAILED": "Given up after the last attempt.",
    },
)
_describe(
    Market,
    "The marketplace whose rules a shop follows.",
    {"TAOBAO": "Taobao.", "TMALL": "Tmall.", "GENERIC": "Any other."},
)
_describe(
    UrgeRefusal,
    "Why the buyer may not urge, in the order the reasons are looked at.",
    {
        "ORDER_CLOSED": "The order was refunded or closed.",
        "NOT_SHIPPED": "The order is not shipped: there is no pickup to urge.",
        "ALREADY_SHIPPED": "The order is shipped: there is no shipment to urge.",
        "ALREADY_PICKED_UP": "The carrier has picked the parcel up.",
        "SHIPMENT_TICKET_EXISTS": "The shipment was urged: its progress is shown instead.",
        "COMPLAINT_FILED": "A complaint was filed.",
        "TICKET_OPEN": "The seller was urged and still has time.",
        "PROMISE_RUNNING": "The seller replied and the promised time has not passed.",
        "WITHIN_SHIPPING_LIMIT": "The shipping limit is not reached.",
        "ROUND_LIMIT": "The order was urged as often as is allowed.",
    },
)
_describe(
    WaybillRefusal,
    "Why another waybill number is refused.",
    {
        "SAME_NUMBER": "It is the old number.",
        "ALREADY_PICKED_UP": "The carrier has the parcel.",
        "NOT_SHIPPED": "The order is not shipped.",
        "ORDER_CLOSED": "The order was refunded or closed.",
        "TOO_MANY_CHANGES": "The number was changed as often as is allowed.",
        "TOO_LATE": "The parcel was shipped too long ago.",
        "IN_USE": "The number serves another open order of this shop.",
        "SCANNED_BEFORE_PAYMENT": "The number was scanned before the order was paid.",
    },
)
_describe(
    WebhookEvent,
    "What a webhook can be told of.",
    {
        "CARD_REPLY": "A card with the seller's reply, to be shown to the buyer.",
        "CARD_PICKED_UP": "A card that tells of the pickup, to be shown to the buyer.",
        "TICKET_OPENED": "A buyer urged, for the first time or again.",
        "TICKET_REMINDED": "A deadline draws near.",
        "TICKET_ESCALATED": "A deadline passed and the complaint was filed.",
        "TICKET_COMPLETED": "A pickup, a refund or the end of the order completed a ticket.",
        "PROMISE_BROKEN": "A promise ended without a pickup.",
        "COMPLAINT_RULED": "A complaint was ruled on.",
    },
)
_describe(
    TicketOrderField,
    "What tickets are ordered by.",
    {
        "DEADLINE_AT": "The deadline of the running clock; those without one come after all others.",
        "OPENED_AT": "When the ticket opened.",
        "UPDATED_AT": "When the ticket last changed.",
        "MONEY_AT_RISK": "What a complaint would cost.",
    },
)
_describe(
    Direction, "Which way a list runs.", {"ASC": "Smallest or earliest first.", "DESC": "The reverse of ASC."}
)
_describe(
    RecordOutcome,
    "What became of a row that was recorded.",
    {
        "CREATED": "It was new.",
        "UPDATED": "It was known and has changed.",
        "UNCHANGED": "It was known as it is.",
        "FAILED": "It was refused; `error` says why.",
    },
)
_describe(
    Bucket,
    "What a period of figures is cut into, at the borders of Asia/Shanghai.",
    {
        "HOUR": "An hour.",
        "DAY": "A day, from midnight to midnight in Shanghai.",
        "WEEK": "A week, from Monday's midnight on.",
    },
)
