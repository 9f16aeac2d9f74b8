"""What is legal in which state (`domain.md §3, §4, §7, §10`): every mutation, in every state it may meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.cards import DeliveryStatus
from domain.complaint import ComplaintStatus
from domain.order import OrderStatus
from domain.ticket_words import TicketKind, TicketStatus
from tests.refusals.ground import TICKETS, UNSHIPPED
from tests.refusals.verdicts import Lands, Refused, Verdict, illegal, urge_refused, waybill_refused

PICKUP, SHIPMENT = TicketKind.URGE_PICKUP, TicketKind.URGE_SHIPMENT
AWAITING_REPLY, REPLIED, AWAITING_PICKUP, COMPLETED, ESCALATED, WITHDRAWN = TicketStatus
LANDS = Lands()
Where = tuple[TicketKind, TicketStatus]


@dataclass(frozen=True)
class Over:
    """The states of what stands at `field`: things of `tests.refusals.ground`, and what is answered."""

    field: tuple[str, ...]
    states: Mapping[str, Verdict]
    rows: bool = False

    def verdict(self, name: str) -> Verdict:
        """What a call about this thing is answered."""
        found = self.states[name]
        return found.at(row=0) if self.rows and isinstance(found, Refused) else found


def _tickets(prefix: str, found: Mapping[Where, Verdict]) -> dict[str, Verdict]:
    return {f"{prefix}{kind}.{status}": found[kind, status] for kind, status in TICKETS}


def _only(lands: Iterable[Where]) -> dict[str, Verdict]:
    """Tickets of these states; any other is an illegal transition."""
    taken = set(lands)
    return _tickets("ticket.", {each: LANDS if each in taken else illegal(each[1].value) for each in TICKETS})


def _orders(prefix: str, found: Mapping[OrderStatus, Verdict] | None = None) -> dict[str, Verdict]:
    given = found or {}
    return {f"{prefix}order.{status}": given.get(status, LANDS) for status in OrderStatus}


FILED_ONLY = Over(
    ("input", "complaintId"),
    {
        f"complaint.{status}": LANDS if status is ComplaintStatus.FILED else illegal(status.value)
        for status in ComplaintStatus
    },
)
AWAITS_REPLY = _only({(PICKUP, AWAITING_REPLY), (SHIPMENT, AWAITING_REPLY), (SHIPMENT, AWAITING_PICKUP)})
UNCLOSED = _only(each for each in TICKETS if each[1] in {AWAITING_REPLY, REPLIED, AWAITING_PICKUP})
HOLDS_WORK = _only(each for each in TICKETS if each[1] not in {COMPLETED, WITHDRAWN})
ENDED: dict[OrderStatus, Verdict] = {
    status: urge_refused("ORDER_CLOSED") for status in (OrderStatus.REFUNDED, OrderStatus.CLOSED)
}
URGED_PICKUP: dict[Where, Verdict] = {
    (PICKUP, AWAITING_REPLY): urge_refused("TICKET_OPEN"),
    (PICKUP, REPLIED): urge_refused("PROMISE_RUNNING"),
    (PICKUP, COMPLETED): urge_refused("ALREADY_PICKED_UP"),
    (PICKUP, ESCALATED): urge_refused("COMPLAINT_FILED"),
    (PICKUP, WITHDRAWN): LANDS,
    (SHIPMENT, AWAITING_PICKUP): urge_refused("SHIPMENT_TICKET_EXISTS"),
    (SHIPMENT, COMPLETED): urge_refused("ALREADY_PICKED_UP"),
    **{(SHIPMENT, status): urge_refused("NOT_SHIPPED") for status in UNSHIPPED},
}
URGED_SHIPMENT: dict[Where, Verdict] = {
    **{each: urge_refused("ALREADY_SHIPPED") for each in TICKETS},
    (SHIPMENT, AWAITING_REPLY): urge_refused("TICKET_OPEN"),
    (SHIPMENT, ESCALATED): urge_refused("COMPLAINT_FILED"),
    (SHIPMENT, WITHDRAWN): LANDS,
}
PARCELS: dict[str, Verdict] = {
    "parcel.SHIPPED": LANDS,
    "parcel.PICKED_UP": waybill_refused("ALREADY_PICKED_UP"),
    "parcel.SIGNED": waybill_refused("ALREADY_PICKED_UP"),
    "parcel.REFUNDED": waybill_refused("ORDER_CLOSED"),
    "parcel.CLOSED": waybill_refused("ORDER_CLOSED"),
    **{
        f"parcel of {kind}.{status}": waybill_refused("ALREADY_PICKED_UP") if status is COMPLETED else LANDS
        for kind, status in TICKETS
        if kind is PICKUP or status not in UNSHIPPED
    },
}

STATUSES: dict[str, tuple[Over, ...]] = {
    "replyToTicket": (Over(("input", "ticketId"), AWAITS_REPLY),),
    "replyToTickets": (Over(("input", "ticketIds", "0"), AWAITS_REPLY, rows=True),),
    "assignTickets": (Over(("input", "ticketIds", "0"), HOLDS_WORK, rows=True),),
    "addNote": (Over(("input", "ticketId"), _only(TICKETS)),),
    "withdrawUrge": (Over(("input", "ticketId"), UNCLOSED),),
    "changeWaybill": (Over(("input", "parcelId"), PARCELS),),
    "urgePickup": (
        Over(
            ("input", "orderId"),
            _orders(
                "",
                {
                    OrderStatus.PAID: urge_refused("NOT_SHIPPED"),
                    OrderStatus.PICKED_UP: urge_refused("ALREADY_PICKED_UP"),
                    OrderStatus.SIGNED: urge_refused("ALREADY_PICKED_UP"),
                    **ENDED,
                },
            ),
        ),
        Over(("input", "orderId"), _tickets("order of ", URGED_PICKUP)),
    ),
    "urgeShipment": (
        Over(
            ("input", "orderId"),
            _orders(
                "",
                {
                    OrderStatus.SHIPPED: urge_refused("ALREADY_SHIPPED"),
                    OrderStatus.PICKED_UP: urge_refused("ALREADY_SHIPPED"),
                    OrderStatus.SIGNED: urge_refused("ALREADY_SHIPPED"),
                    **ENDED,
                },
            ),
        ),
        Over(("input", "orderId"), _tickets("order of ", URGED_SHIPMENT)),
    ),
    "stateComplaint": (FILED_ONLY,),
    "settleComplaint": (FILED_ONLY,),
    "ruleOnComplaint": (FILED_ONLY,),
    # What happened is recorded whatever the order's state: it is not asked whether it may.
    "recordOrders": (Over(("input", "orders", "0", "number"), _orders("number of ")),),
    "recordShipments": (Over(("input", "shipments", "0", "orderNumber"), _orders("number of ")),),
    "recordRefunds": (Over(("input", "refunds", "0", "orderNumber"), _orders("number of ")),),
    "recordTrackingEvents": (
        Over(
            ("input", "events", "0", "waybillNumber"),
            {f"number of parcel.{status}": LANDS for status in OrderStatus if status is not OrderStatus.PAID},
        ),
    ),
    "redeliver": (
        Over(("input", "deliveryId"), {f"delivery.{status.value}": LANDS for status in DeliveryStatus}),
    ),
}
STATELESS = {
    "savePolicy": "another version is saved, none is changed",
    "saveExemption": "one that is over can be changed too: what it moved is reckoned anew",
    "deleteExemption": "one that is over can be deleted too",
    "saveShop": "a shop that left can be changed too",
    "saveReplyTemplate": "templates have no states",
    "deleteReplyTemplate": "templates have no states",
    "saveWebhook": "a webhook that is told nothing can be changed too",
    "deleteWebhook": "a webhook that is told nothing can be deleted too",
    "saveStaffMember": "a member who left can come back",
}


def groups(over: Over) -> set[str]:
    """What the states are of, such as `order` or `parcel of `."""
    return {
        name.partition("URGE_")[0] if "URGE_" in name else name.rpartition(".")[0] for name in over.states
    }


def states_of(group: str) -> set[str]:
    """The names of all states of a group of things, such as `order` or `parcel of `."""
    if group.endswith(("of ", ".")):
        shipped = [each for each in TICKETS if each[0] is PICKUP or each[1] not in UNSHIPPED]
        return {f"{group}{kind}.{status}" for kind, status in (shipped if "parcel" in group else TICKETS)}
    without_parcel = {OrderStatus.PAID} if "parcel" in group else set()
    words: dict[str, Iterable[str]] = {
        "order": OrderStatus,
        "parcel": set(OrderStatus) - without_parcel,
        "complaint": ComplaintStatus,
        "delivery": [status.value for status in DeliveryStatus],
    }
    return {f"{group}.{status}" for status in words[group.removeprefix("number of ")]}
