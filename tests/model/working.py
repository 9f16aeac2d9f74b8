"""What sellers do with tickets, and what the platform rules."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from domain import ids
from domain.ids import IdKind
from resolvers import commands, complaints, team, tickets, waybills
from tests.model.beside import WHICH
from tests.model.complaint import Ruling
from tests.model.parcel import Parcel
from tests.model.policy import HOUR, MS
from tests.model.product import row_told
from tests.model.recording import Recording
from tests.model.refusal import refused
from tests.model.scheme import SCHEMES, Answer

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.model.ticket import Ticket

CODES = st.sampled_from(("COURIER_URGED", "PROMISE_PICKUP", *SCHEMES, "NO_SUCH"))
PROMISES = st.sampled_from(
    (None, None, None, HOUR, 24 * HOUR, 24 * HOUR + MS, 48 * HOUR, 48 * HOUR + MS, MS, 0 * MS)
)
PROOFS = st.sampled_from((None, "https://example.com/scan.jpg", "http://example.com/scan.jpg"))
VERSIONS = st.sampled_from((None, "now", "then"))
SOMEBODY = st.sampled_from(("amy", "ben", None))
RULINGS = st.builds(
    Ruling,
    upheld=st.just(value=True),
    compensation=st.sampled_from((None, None, Decimal("300.00"), Decimal("12.34"))),
    points=st.sampled_from((0, 1, 1, 2)),
    violation=st.sampled_from((None, None, "FALSE_WAYBILL", "OUT_OF_STOCK", "NO_PICKUP")),
) | st.just(Ruling(upheld=False))


class Working(Recording):
    """Replies, waybills, notes, assignments, complaints."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, int] = {}
        """The version of a ticket whose form was opened some time ago."""

    def version(self, ticket: Ticket | None, form: str | None) -> int | None:
        """What a client sends back that read the ticket now, or when its form was opened."""
        if ticket is None or form is None:
            return None
        return self.forms.setdefault(ticket.id, ticket.version) if form == "then" else ticket.version

    def answer(self, code: str, *, note: bool, promise: timedelta | None, proof: str | None) -> Answer:
        promised_at = None if promise is None else self.now + promise
        if promise is None and "PROMISED_TIME" in getattr(SCHEMES.get(code), "requires", ()) and note:
            promised_at = self.now + HOUR
        return Answer(code, promised_at, note, proof)

    def reply(self, ticket: Ticket, answer: Answer, form: str | None = None) -> None:
        named = None if answer.parcel is None else ticket.order.parcels[answer.parcel].id
        version = self.version(ticket, form)
        command = commands.ReplyToTicket(
            ticket_id=ticket.id,
            scheme=answer.scheme,
            note="补货中" if answer.note else None,
            promised_pickup_at=answer.promised_at,
            waybill=None if answer.waybill is None else commands.Waybill("SF", answer.waybill),
            parcel_id=named,
            proof_urls=() if answer.proof is None else (answer.proof,),
            expected_version=version,
        )

        def replied(_: object, __: object) -> None:
            if answer.waybill is not None:
                new = ticket.order.parcels[-1]
                new.id = self.parcel_id(new.number, ticket.order.id)

        self.send(
            tickets.reply,
            self.product.world.staff,
            command,
            lambda: self.shop.reply(ticket, answer, version, self.now),
            replied,
        )

    def parcel_id(self, number: str, order_id: str) -> str:
        """The parcel that a reply made: its answer does not name it."""
        statement = "SELECT id FROM parcel WHERE shop_id = $1 AND waybill_number = $2 AND replaced_at IS NULL"
        rows = self.do(
            self.product.world.fetch(
                statement + " AND order_id = $3", self.product.world.shop, number, order_id.partition("_")[2]
            )
        )
        assert rows, f"the product has no parcel {number}"
        return ids.encode(IdKind.PARCEL, rows[0]["id"])

    @precondition(lambda self: bool(self.shop.tickets))
    @rule(which=WHICH)
    def a_form_is_opened(self, which: int) -> None:
        ticket = self.ticket(which)
        self.forms[ticket.id] = ticket.version

    @precondition(lambda self: bool(self.shop.tickets))
    @rule(which=WHICH, code=CODES, note=st.booleans(), promise=PROMISES, proof=PROOFS, form=VERSIONS)
    def a_seller_replies(
        self,
        which: int,
        code: str,
        *,
        note: bool,
        promise: timedelta | None,
        proof: str | None,
        form: str | None,
    ) -> None:
        self.reply(self.ticket(which), self.answer(code, note=note, promise=promise, proof=proof), form)

    @precondition(lambda self: bool(self.shop.parcels) and bool(self.shop.tickets))
    @rule(which=WHICH, number=WHICH, named=st.booleans(), form=VERSIONS)
    def a_seller_replies_with_another_number(
        self, which: int, number: int, *, named: bool, form: str | None
    ) -> None:
        ticket = self.ticket(which)
        if not ticket.order.parcels:
            return
        place = len(ticket.order.parcels) - 1 if named else None
        answer = Answer("CHANGE_WAYBILL", waybill=self.number(number), parcel=place)
        self.reply(ticket, answer, form)

    @precondition(lambda self: bool(self.shop.tickets))
    @rule(whiches=st.lists(WHICH, min_size=1, max_size=3), code=CODES, note=st.booleans(), promise=PROMISES)
    def a_seller_replies_to_many(
        self, whiches: list[int], code: str, *, note: bool, promise: timedelta | None
    ) -> None:
        wanted = list({id(each): each for each in map(self.ticket, whiches)}.values())
        answer = self.answer(code, note=note, promise=promise, proof="https://example.com/scan.jpg")
        command = commands.ReplyToTickets(
            ticket_ids=tuple(each.id for each in wanted),
            scheme=answer.scheme,
            note="补货中" if answer.note else None,
            promised_pickup_at=answer.promised_at,
            proof_urls=("https://example.com/scan.jpg",),
        )

        def look(result: commands.TicketsChanged, expected: list[Any]) -> None:
            self.agree(expected, [row_told(row.error) for row in result.rows])

        self.send(
            team.reply,
            self.product.world.staff,
            command,
            lambda: self.shop.reply_to_all(wanted, answer, self.now),
            look,
        )

    @precondition(lambda self: bool(self.shop.parcels))
    @rule(which=WHICH, place=st.integers(0, 3), number=WHICH, form=VERSIONS)
    def a_seller_changes_a_number(self, which: int, place: int, number: int, form: str | None) -> None:
        order = self.order(which)
        if order.parcels:
            parcel = order.parcels[-1 - place % len(order.parcels)]
            self.change(parcel, parcel.number if number == 1 else self.number(number), form)

    def change(self, parcel: Parcel, number: str, form: str | None) -> None:
        version = self.version(parcel.order.unclosed, form)
        command = commands.ChangeWaybill(
            parcel_id=parcel.id, waybill=commands.Waybill("SF", number), expected_version=version
        )

        def changed(answer: commands.WaybillChanged, new: Parcel) -> None:
            new.id = answer.parcel_id

        self.send(
            waybills.change,
            self.product.world.staff,
            command,
            lambda: self.shop.change_waybill(parcel, number, version, self.now),
            changed,
        )

    @precondition(lambda self: bool(self.shop.tickets))
    @rule(which=WHICH)
    def a_seller_takes_a_note(self, which: int) -> None:
        ticket = self.ticket(which)
        command = commands.AddNote(ticket_id=ticket.id, note="已核实")
        self.send(tickets.add_note, self.product.world.staff, command, lambda: ticket.record("NOTED"))

    @precondition(lambda self: bool(self.shop.tickets))
    @rule(which=WHICH, somebody=SOMEBODY)
    def a_ticket_is_assigned(self, which: int, somebody: str | None) -> None:
        ticket = self.ticket(which)
        member = None if somebody is None else self.product.members[somebody]
        command = commands.AssignTickets(
            ticket_ids=(ticket.id,),
            assignee_id=ids.encode(IdKind.STAFF_MEMBER, UUID(member))
            if member and somebody == "ben"
            else None,
            to_me=somebody == "amy",
        )

        def assign() -> list[Any]:
            try:
                ticket.assign(member)
            except type(refused("")) as refusal:
                return [refusal]
            return [None]

        def look(result: commands.TicketsChanged, expected: list[Any]) -> None:
            self.agree(expected, [row_told(row.error) for row in result.rows])

        self.send(team.assign, self.product.world.staff, command, assign, look)

    # ---- complaints

    def accused(self, which: int) -> Ticket | None:
        found = [each for each in self.shop.tickets if each.complaint is not None]
        standing = [each for each in found if each.complaint is not None and each.complaint.status == "FILED"]
        pool = standing if standing and which % 4 else found
        return pool[which // 4 % len(pool)] if pool else None

    def complaint_id(self, ticket: Ticket) -> str:
        complaint = ticket.complaint
        assert complaint is not None
        if not complaint.id:
            statement = "SELECT id FROM complaint WHERE shop_id = $1 AND ticket_id = $2"
            rows = self.do(
                self.product.world.fetch(statement, self.product.world.shop, ticket.id.partition("_")[2])
            )
            assert rows, f"the product knows of no complaint of {ticket.id}"
            complaint.id = ids.encode(IdKind.COMPLAINT, rows[0]["id"])
        return complaint.id

    @precondition(lambda self: self.accused(0) is not None)
    @rule(which=WHICH)
    def a_seller_states_its_side(self, which: int) -> None:
        ticket = self.accused(which)
        assert ticket is not None
        command = commands.StateComplaint(complaint_id=self.complaint_id(ticket), statement="已交快递")
        staff = self.product.world.staff
        self.send(complaints.state, staff, command, lambda: self.shop.file_statement(ticket))

    @precondition(lambda self: self.accused(0) is not None)
    @rule(which=WHICH)
    def a_seller_settles(self, which: int) -> None:
        ticket = self.accused(which)
        assert ticket is not None
        self.settle(ticket)

    def settle(self, ticket: Ticket) -> None:
        if ticket.complaint is None:
            return
        command = commands.SettleComplaint(complaint_id=self.complaint_id(ticket))
        staff = self.product.world.staff
        self.send(complaints.settle, staff, command, lambda: self.shop.settle(ticket, self.now))

    @precondition(lambda self: self.accused(0) is not None)
    @rule(which=WHICH, ruling=RULINGS)
    def the_platform_rules(self, which: int, ruling: Ruling) -> None:
        ticket = self.accused(which)
        assert ticket is not None
        self.judge(ticket, ruling)

    def judge(self, ticket: Ticket, ruling: Ruling) -> None:
        if ticket.complaint is None:
            return
        command = commands.RuleOnComplaint(
            complaint_id=self.complaint_id(ticket),
            upheld=ruling.upheld,
            reason="证据不足",
            compensation=ruling.compensation,
            penalty_points=ruling.points,
            violation=ruling.violation,
        )
        root = self.product.world.platform
        self.send(complaints.rule, root, command, lambda: self.shop.rule(ticket, ruling, self.now))

    # ---- once more

    @precondition(lambda self: bool(self.young()))
    @rule(which=WHICH)
    def a_client_sends_again(self, which: int) -> None:
        young = self.young()
        self.send_again(young[which % len(young)])

    @precondition(lambda self: any(hasattr(each.command, "note") and each.answer for each in self.young()))
    @rule()
    def a_client_takes_a_key_for_something_else(self) -> None:
        sent = next(each for each in self.young() if hasattr(each.command, "note") and each.answer)
        other = replace(sent, command=replace(sent.command, note="别的"), answer=None, expected=conflict)
        self.perform(other)


def conflict() -> None:
    raise refused("IdempotencyConflict")
