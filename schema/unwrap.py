"""Inputs as the commands of the use cases: a field left out is None."""

from collections.abc import Sequence
from typing import TypeVar

from domain.order import OrderRow
from domain.shop import Market
from resolvers import commands, rule_commands
from schema import inputs, rule_inputs
from schema.fields import given

T = TypeVar("T")


def several(value: Sequence[T] | None) -> tuple[T, ...] | None:
    """A list the client gave, as a tuple; None when left out. How many it may hold is the rules' to say."""
    found = given(value)
    return None if found is None else tuple(found)


def waybill(value: inputs.WaybillInput | None) -> commands.Waybill | None:
    """A carrier and a number."""
    return None if value is None else commands.Waybill(value.carrier, value.number)


def reply(value: inputs.ReplyToTicketInput) -> commands.ReplyToTicket:
    """A seller's reply."""
    return commands.ReplyToTicket(
        ticket_id=value.ticket_id,
        scheme=value.scheme,
        note=given(value.note),
        template_id=given(value.template_id),
        promised_pickup_at=given(value.promised_pickup_at),
        waybill=waybill(given(value.waybill)),
        parcel_id=given(value.parcel_id),
        proof_urls=several(value.proof_urls) or (),
        expected_version=given(value.expected_version),
        idempotency_key=given(value.idempotency_key),
    )


def reply_to_many(value: inputs.ReplyToTicketsInput) -> commands.ReplyToTickets:
    """One reply to many tickets."""
    return commands.ReplyToTickets(
        ticket_ids=tuple(value.ticket_ids),
        scheme=value.scheme,
        note=given(value.note),
        template_id=given(value.template_id),
        promised_pickup_at=given(value.promised_pickup_at),
        proof_urls=several(value.proof_urls) or (),
        idempotency_key=given(value.idempotency_key),
    )


def assignment(value: inputs.AssignTicketsInput) -> commands.AssignTickets:
    """Who works on tickets; `toMe` null is as by default."""
    return commands.AssignTickets(
        ticket_ids=tuple(value.ticket_ids),
        assignee_id=given(value.assignee_id),
        to_me=bool(value.to_me),
        idempotency_key=given(value.idempotency_key),
    )


def reply_template(value: inputs.SaveReplyTemplateInput) -> commands.SaveReplyTemplate:
    """A new reply template, or a change of one."""
    return commands.SaveReplyTemplate(
        id=given(value.id),
        shop_id=value.shop_id,
        title=given(value.title),
        scheme_code=given(value.scheme_code),
        body=given(value.body),
        idempotency_key=given(value.idempotency_key),
    )


def template_to_delete(value: inputs.DeleteInput) -> commands.DeleteReplyTemplate:
    """A reply template to delete."""
    return commands.DeleteReplyTemplate(id=value.id, idempotency_key=given(value.idempotency_key))


def change_waybill(value: inputs.ChangeWaybillInput) -> commands.ChangeWaybill:
    """Another waybill number."""
    return commands.ChangeWaybill(
        parcel_id=value.parcel_id,
        waybill=commands.Waybill(value.waybill.carrier, value.waybill.number),
        reason=given(value.reason),
        expected_version=given(value.expected_version),
        idempotency_key=given(value.idempotency_key),
    )


def note(value: inputs.AddNoteInput) -> commands.AddNote:
    """A remark of the staff."""
    return commands.AddNote(
        ticket_id=value.ticket_id, note=value.note, idempotency_key=given(value.idempotency_key)
    )


def statement(value: inputs.StateComplaintInput) -> commands.StateComplaint:
    """The seller's side of a complaint."""
    return commands.StateComplaint(
        complaint_id=value.complaint_id,
        statement=value.statement,
        proof_urls=several(value.proof_urls),
        idempotency_key=given(value.idempotency_key),
    )


def settlement(value: inputs.SettleComplaintInput) -> commands.SettleComplaint:
    """The seller accepts a complaint."""
    return commands.SettleComplaint(
        complaint_id=value.complaint_id,
        note=given(value.note),
        idempotency_key=given(value.idempotency_key),
    )


def ruling(value: inputs.RuleOnComplaintInput) -> commands.RuleOnComplaint:
    """The platform's ruling."""
    return commands.RuleOnComplaint(
        complaint_id=value.complaint_id,
        upheld=value.upheld,
        reason=value.reason,
        compensation=given(value.compensation),
        penalty_points=value.penalty_points or 0,
        violation=given(value.violation),
        idempotency_key=given(value.idempotency_key),
    )


def urge_pickup(value: inputs.UrgeInput) -> commands.UrgePickup:
    """The buyer urges the pickup."""
    return commands.UrgePickup(order_id=value.order_id, idempotency_key=given(value.idempotency_key))


def urge_shipment(value: inputs.UrgeInput) -> commands.UrgeShipment:
    """The buyer urges the shipment."""
    return commands.UrgeShipment(order_id=value.order_id, idempotency_key=given(value.idempotency_key))


def withdraw(value: inputs.WithdrawUrgeInput) -> commands.WithdrawUrge:
    """The buyer takes the urge back."""
    return commands.WithdrawUrge(ticket_id=value.ticket_id, idempotency_key=given(value.idempotency_key))


def orders(value: inputs.RecordOrdersInput) -> commands.RecordOrders:
    """Orders of one shop."""
    rows = tuple(
        OrderRow(
            number=row.number,
            buyer_id=row.buyer_id,
            buyer_nick=row.buyer_nick,
            item_title=row.item_title,
            quantity=row.quantity,
            paid_amount=row.paid_amount,
            paid_at=row.paid_at,
            ship_by=given(row.ship_by),
            closed_at=given(row.closed_at),
            origin_region=given(row.origin_region),
            destination_region=given(row.destination_region),
            address_key=given(row.address_key),
        )
        for row in value.orders
    )
    return commands.RecordOrders(
        shop_id=value.shop_id, orders=rows, idempotency_key=given(value.idempotency_key)
    )


def shipments(value: inputs.RecordShipmentsInput) -> commands.RecordShipments:
    """Shipments of one shop."""
    rows = tuple(
        commands.ShipmentRow(
            order_number=row.order_number,
            carrier=row.carrier,
            waybill_number=row.waybill_number,
            shipped_at=row.shipped_at,
            replaces_waybill_number=given(row.replaces_waybill_number),
        )
        for row in value.shipments
    )
    return commands.RecordShipments(
        shop_id=value.shop_id, shipments=rows, idempotency_key=given(value.idempotency_key)
    )


def tracking_events(value: inputs.RecordTrackingEventsInput) -> commands.RecordTrackingEvents:
    """Carriers' scans."""
    rows = tuple(
        commands.TrackingEventRow(
            carrier=row.carrier,
            waybill_number=row.waybill_number,
            occurred_at=row.occurred_at,
            code=row.code,
            description=row.description,
        )
        for row in value.events
    )
    return commands.RecordTrackingEvents(events=rows, idempotency_key=given(value.idempotency_key))


def refunds(value: inputs.RecordRefundsInput) -> commands.RecordRefunds:
    """Refunds of one shop; one whose `closesOrder` is null closes it, as by default."""
    rows = tuple(
        commands.RefundRow(
            order_number=row.order_number,
            refunded_at=row.refunded_at,
            closes_order=row.closes_order is not False,
        )
        for row in value.refunds
    )
    return commands.RecordRefunds(
        shop_id=value.shop_id, refunds=rows, idempotency_key=given(value.idempotency_key)
    )


def shop(value: inputs.SaveShopInput) -> commands.SaveShop:
    """A new shop, or a change of one."""
    return commands.SaveShop(
        id=given(value.id),
        name=given(value.name),
        market=given(value.market),
        locale=given(value.locale),
        active=given(value.active),
        idempotency_key=given(value.idempotency_key),
    )


def webhook(value: inputs.SaveWebhookInput) -> commands.SaveWebhook:
    """A new webhook, or a change of one; null renews nothing, as by default."""
    return commands.SaveWebhook(
        id=given(value.id),
        shop_id=value.shop_id,
        url=given(value.url),
        events=several(value.events),
        active=given(value.active),
        renew_secret=value.renew_secret is True,
        idempotency_key=given(value.idempotency_key),
    )


def delete_webhook(value: inputs.DeleteInput) -> commands.DeleteWebhook:
    """The end of a webhook."""
    return commands.DeleteWebhook(id=value.id, idempotency_key=given(value.idempotency_key))


def redeliver(value: inputs.RedeliverInput) -> commands.Redeliver:
    """A message to be delivered once more."""
    return commands.Redeliver(delivery_id=value.delivery_id, idempotency_key=given(value.idempotency_key))


def staff_member(value: inputs.SaveStaffMemberInput) -> commands.SaveStaffMember:
    """A new member of a shop, or a change of one."""
    return commands.SaveStaffMember(
        id=given(value.id),
        shop_id=value.shop_id,
        subject=given(value.subject),
        display_name=given(value.display_name),
        owner=given(value.owner),
        active=given(value.active),
        idempotency_key=given(value.idempotency_key),
    )


def policy(value: rule_inputs.SavePolicyInput) -> rule_commands.SavePolicy:
    """Another version of a market's policy; a `retime` of null is false, as by default."""
    return rule_commands.SavePolicy(
        market=value.market,
        document=value.document,
        active_from=given(value.active_from),
        retime=value.retime is True,
        idempotency_key=given(value.idempotency_key),
    )


def exemption(value: rule_inputs.SaveExemptionInput) -> rule_commands.SaveExemption:
    """A new exemption, or a change of one; a market or region of null is for all, or everywhere."""
    return rule_commands.SaveExemption(
        id=given(value.id),
        title=given(value.title),
        market=given(value.market),
        region=given(value.region),
        end=given(value.end),
        basis=given(value.basis),
        starts_at=given(value.starts_at),
        ends_at=given(value.ends_at),
        latest_at=given(value.latest_at),
        cleared=tuple(name for name in ("market", "region") if getattr(value, name) is None),
        idempotency_key=given(value.idempotency_key),
    )


def exemption_to_delete(value: inputs.DeleteInput) -> rule_commands.DeleteExemption:
    """An exemption to be taken back."""
    return rule_commands.DeleteExemption(id=value.id, idempotency_key=given(value.idempotency_key))


def preview(value: rule_inputs.DeadlinePreviewInput) -> rule_commands.Preview:
    """A clock that is asked about; what is null takes its default."""
    return rule_commands.Preview(
        start=value.start,
        window_hours=24 if value.window_hours is None else value.window_hours,
        market=value.market or Market.GENERIC,
        origin_region=given(value.origin_region),
        destination_region=given(value.destination_region),
        paid_at=given(value.paid_at),
        ship_by=given(value.ship_by),
    )
