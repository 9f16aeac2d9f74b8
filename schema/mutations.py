"""What can be changed: each unwraps its input, calls the use case, wraps the result."""

from typing import Annotated

import strawberry

from domain.shop import Market
from resolvers import (
    complaints,
    exemptions,
    orders,
    policies,
    scans,
    shipments,
    shops,
    staff,
    team,
    templates,
    tickets,
    urges,
    waybills,
    webhooks,
)
from schema import inputs, rule_inputs, unwrap, wrap
from schema.context import Info
from schema.fields import computed
from schema.types.node import present
from schema.types.results import (
    AddNoteResult,
    BulkTicketPayload,
    ChangeWaybillResult,
    ComplaintResult,
    DeleteResult,
    RecordPayload,
    RedeliverResult,
    ReplyToTicketResult,
    SaveExemptionResult,
    SavePolicyResult,
    SaveReplyTemplateResult,
    SaveShopResult,
    SaveStaffMemberResult,
    SaveWebhookResult,
    UrgeResult,
)

GIVEN = strawberry.argument(name="input", description="What is asked for.")

ReplyToTicketInput = Annotated[inputs.ReplyToTicketInput, GIVEN]
ReplyToTicketsInput = Annotated[inputs.ReplyToTicketsInput, GIVEN]
AssignTicketsInput = Annotated[inputs.AssignTicketsInput, GIVEN]
SaveReplyTemplateInput = Annotated[inputs.SaveReplyTemplateInput, GIVEN]
DeleteInput = Annotated[inputs.DeleteInput, GIVEN]
ChangeWaybillInput = Annotated[inputs.ChangeWaybillInput, GIVEN]
AddNoteInput = Annotated[inputs.AddNoteInput, GIVEN]
StateComplaintInput = Annotated[inputs.StateComplaintInput, GIVEN]
SettleComplaintInput = Annotated[inputs.SettleComplaintInput, GIVEN]
RuleOnComplaintInput = Annotated[inputs.RuleOnComplaintInput, GIVEN]
UrgeInput = Annotated[inputs.UrgeInput, GIVEN]
WithdrawUrgeInput = Annotated[inputs.WithdrawUrgeInput, GIVEN]
RecordOrdersInput = Annotated[inputs.RecordOrdersInput, GIVEN]
RecordShipmentsInput = Annotated[inputs.RecordShipmentsInput, GIVEN]
RecordTrackingEventsInput = Annotated[inputs.RecordTrackingEventsInput, GIVEN]
RecordRefundsInput = Annotated[inputs.RecordRefundsInput, GIVEN]
SaveShopInput = Annotated[inputs.SaveShopInput, GIVEN]
SaveStaffMemberInput = Annotated[inputs.SaveStaffMemberInput, GIVEN]
SaveWebhookInput = Annotated[inputs.SaveWebhookInput, GIVEN]
RedeliverInput = Annotated[inputs.RedeliverInput, GIVEN]
SavePolicyInput = Annotated[rule_inputs.SavePolicyInput, GIVEN]
SaveExemptionInput = Annotated[rule_inputs.SaveExemptionInput, GIVEN]


@strawberry.type(description="What can be changed. With an idempotencyKey a change takes effect once.")
class Mutation:
    """What can be changed."""

    @computed(
        description="Reply to a ticket: stops the clock, and the buyer is shown a card. For shop staff."
    )
    async def reply_to_ticket(self, info: Info, given: ReplyToTicketInput) -> ReplyToTicketResult:
        """Reply to a ticket."""
        return wrap.ticket(await tickets.reply(info.context.context, unwrap.reply(given)))

    @computed(
        description="Reply to many tickets, each by its own rules; one transaction a shop. For shop staff."
    )
    async def reply_to_tickets(self, info: Info, given: ReplyToTicketsInput) -> BulkTicketPayload:
        """Reply to many tickets."""
        return await wrap.tickets(info, team.reply(info.context.context, unwrap.reply_to_many(given)))

    @computed(
        description=(
            "Give tickets to a member of their shop, to yourself, or to nobody; each is recorded. One that is"
            " completed or withdrawn is refused. For shop staff."
        )
    )
    async def assign_tickets(self, info: Info, given: AssignTicketsInput) -> BulkTicketPayload:
        """Assign tickets."""
        return await wrap.tickets(info, team.assign(info.context.context, unwrap.assignment(given)))

    @computed(description="Make or change a reply template. For a shop's owners and the platform.")
    async def save_reply_template(self, info: Info, given: SaveReplyTemplateInput) -> SaveReplyTemplateResult:
        """Make or change a reply template."""
        found: SaveReplyTemplateResult = wrap.saved(
            await templates.save(info.context.context, unwrap.reply_template(given))
        )
        return found

    @computed(description="Delete a reply template; its replies stay. For a shop's owners and the platform.")
    async def delete_reply_template(self, info: Info, given: DeleteInput) -> DeleteResult:
        """Delete a reply template."""
        return wrap.deleted(await templates.delete(info.context.context, unwrap.template_to_delete(given)))

    @computed(description="修改运单号, beside any reply: the clock goes on. For shop staff.")
    async def change_waybill(self, info: Info, given: ChangeWaybillInput) -> ChangeWaybillResult:
        """Change a waybill number."""
        return wrap.waybill(await waybills.change(info.context.context, unwrap.change_waybill(given)))

    @computed(description="Note something on a ticket; buyers never see it. For shop staff.")
    async def add_note(self, info: Info, given: AddNoteInput) -> AddNoteResult:
        """Note something on a ticket."""
        return wrap.ticket(await tickets.add_note(info.context.context, unwrap.note(given)))

    @computed(description="State your side of a complaint before it is ruled on. For shop staff.")
    async def state_complaint(self, info: Info, given: StateComplaintInput) -> ComplaintResult:
        """State the seller's side of a complaint."""
        return wrap.complaint(await complaints.state(info.context.context, unwrap.statement(given)))

    @computed(
        description="Accept a complaint before it is ruled on: compensation, and no points. For shop staff."
    )
    async def settle_complaint(self, info: Info, given: SettleComplaintInput) -> ComplaintResult:
        """Accept a complaint before it is ruled on."""
        return wrap.complaint(await complaints.settle(info.context.context, unwrap.settlement(given)))

    @computed(description="Uphold a complaint, or dismiss it. For the platform.")
    async def rule_on_complaint(self, info: Info, given: RuleOnComplaintInput) -> ComplaintResult:
        """Uphold a complaint, or dismiss it."""
        return wrap.complaint(await complaints.rule(info.context.context, unwrap.ruling(given)))

    @computed(description="催揽收: urge the pickup of an order. For consumers.")
    async def urge_pickup(self, info: Info, given: UrgeInput) -> UrgeResult:
        """Urge the pickup of an order."""
        return wrap.urge(await urges.urge_pickup(info.context.context, unwrap.urge_pickup(given)))

    @computed(description="催发货: urge the shipment of an order past its shipping limit. For consumers.")
    async def urge_shipment(self, info: Info, given: UrgeInput) -> UrgeResult:
        """Urge the shipment of an order."""
        return wrap.urge(await urges.urge_shipment(info.context.context, unwrap.urge_shipment(given)))

    @computed(description="Take an urge back. For consumers.")
    async def withdraw_urge(self, info: Info, given: WithdrawUrgeInput) -> UrgeResult:
        """Take an urge back."""
        return wrap.urge(await urges.withdraw(info.context.context, unwrap.withdraw(given)))

    @computed(description="Record orders, at most 500 a call. For integrations.")
    async def record_orders(self, info: Info, given: RecordOrdersInput) -> RecordPayload:
        """Record orders."""
        return await wrap.recorded(info, orders.record_orders(info.context.context, unwrap.orders(given)))

    @computed(description="Record shipments, at most 500 a call. For integrations.")
    async def record_shipments(self, info: Info, given: RecordShipmentsInput) -> RecordPayload:
        """Record shipments."""
        return await wrap.recorded(
            info, shipments.record_shipments(info.context.context, unwrap.shipments(given))
        )

    @computed(description="Record carriers' scans, at most 500 a call. For integrations.")
    async def record_tracking_events(self, info: Info, given: RecordTrackingEventsInput) -> RecordPayload:
        """Record carriers' scans."""
        return await wrap.recorded(
            info, scans.record_tracking_events(info.context.context, unwrap.tracking_events(given))
        )

    @computed(description="Record refunds, at most 500 a call. For integrations.")
    async def record_refunds(self, info: Info, given: RecordRefundsInput) -> RecordPayload:
        """Record refunds."""
        return await wrap.recorded(info, orders.record_refunds(info.context.context, unwrap.refunds(given)))

    @computed(description="Make a shop (platform), or change one; its owners may change name and locale.")
    async def save_shop(self, info: Info, given: SaveShopInput) -> SaveShopResult:
        """Make or change a shop."""
        found: SaveShopResult = wrap.saved(await shops.save(info.context.context, unwrap.shop(given)))
        return found

    @computed(description="Make or change a webhook of a shop. For its owners and the platform.")
    async def save_webhook(self, info: Info, given: SaveWebhookInput) -> SaveWebhookResult:
        """Make or change a webhook."""
        return wrap.webhook(await webhooks.save(info.context.context, unwrap.webhook(given)))

    @computed(description="Delete a webhook, with its deliveries. For the shop's owners and the platform.")
    async def delete_webhook(self, info: Info, given: DeleteInput) -> DeleteResult:
        """Delete a webhook."""
        return wrap.deleted(await webhooks.delete(info.context.context, unwrap.delete_webhook(given)))

    @computed(
        description=(
            "Deliver a message once more, under the same id, at once. For the shop's owners and the platform."
        )
    )
    async def redeliver(self, info: Info, given: RedeliverInput) -> RedeliverResult:
        """Deliver a message once more."""
        found: RedeliverResult = wrap.saved(
            await webhooks.redeliver(info.context.context, unwrap.redeliver(given))
        )
        return found

    @computed(description="Make or change a member of a shop. For its owners and the platform.")
    async def save_staff_member(self, info: Info, given: SaveStaffMemberInput) -> SaveStaffMemberResult:
        """Make or change a member of a shop."""
        found: SaveStaffMemberResult = wrap.saved(
            await staff.save(info.context.context, unwrap.staff_member(given))
        )
        return found

    @computed(
        description="Save another version of a market's policy: for new tickets, and with `retime` for open"
        " ones. For the platform."
    )
    async def save_policy(self, info: Info, given: SavePolicyInput) -> SavePolicyResult:
        """Save another version of a policy."""
        context = info.context.context
        saved = await policies.save(context, unwrap.policy(given))
        return wrap.policy(present(await policies.find(context, Market(saved.market), saved.version)))

    @computed(
        description="Make or change an exemption; open tickets that it concerns are timed anew."
        " For the platform."
    )
    async def save_exemption(self, info: Info, given: SaveExemptionInput) -> SaveExemptionResult:
        """Make or change an exemption."""
        found: SaveExemptionResult = wrap.saved(
            await exemptions.save(info.context.context, unwrap.exemption(given))
        )
        return found

    @computed(
        description="Delete an exemption; what it moved is taken back, never to less than an hour from now."
        " For the platform."
    )
    async def delete_exemption(self, info: Info, given: DeleteInput) -> DeleteResult:
        """Delete an exemption."""
        return wrap.deleted(await exemptions.delete(info.context.context, unwrap.exemption_to_delete(given)))
