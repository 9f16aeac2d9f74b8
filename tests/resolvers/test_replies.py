"""The seller's reply and note: what is written, what is refused, and who is first (`domain.md §3, §6`)."""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain import replies
from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotFound, VersionConflict
from domain.policy import DEFAULT
from resolvers import commands, tickets
from resolvers.context import Context
from tests.resolvers.world import DAY, HOUR, MS, World, now, number_of, problems, uuid_of

PROOF = ("https://example.com/proof.jpg",)
NEEDED: dict[str, Any] = {"note": "已联系", "proof_urls": PROOF}


async def test_a_template_that_is_not_there_is_an_invalid_input(world: World) -> None:
    """No shop has one yet; the id of another thing is none either."""
    _, ticket_id = await world.urged()
    for template_id in ("tpl_" + "0" * 32, ticket_id, ""):
        error = await world.refused(
            InvalidInput, world.reply(ticket_id, "COURIER_URGED", template_id=template_id, **NEEDED)
        )
        assert problems(error) == {("NO_TEMPLATE", "input.templateId")}
    await world.reply(ticket_id, "COURIER_URGED", template_id=None, **NEEDED)


@pytest.mark.rule("§1.2", "§1.3", "§3.13", "§9.1")
async def test_a_reply_stops_the_clock_and_shows_a_card(world: World) -> None:
    _, ticket_id = await world.urged()
    deadline = (await world.ticket(ticket_id))["deadline_at"]
    done = await world.reply(ticket_id, "COURIER_URGED", note=" 已催 ", proof_urls=PROOF, idempotency_key="k")
    ticket = await world.ticket(ticket_id)
    replied_at = ticket["replied_at"]
    assert (ticket["status"], ticket["version"], ticket["deadline_at"]) == ("REPLIED", 2, None)
    assert ticket["promise_ends_at"] == ticket["next_step_at"] == replied_at + DAY
    record = await world.one("follow_up_record", done.record_id or "")
    assert (record["action"], record["position"], record["note"]) == ("REPLIED", 2, "已催")
    assert (record["actor_kind"], record["actor_name"], record["actor_subject"]) == ("STAFF", "Amy", "amy")
    assert (record["deadline_before"], record["deadline_after"]) == (deadline, None)
    [reply] = await world.fetch("SELECT * FROM reply")
    assert (reply["record_id"], reply["scheme_code"], reply["note"]) == (
        record["id"],
        "COURIER_URGED",
        "已催",
    )
    assert (reply["promised_at"], reply["promise_ends_at"]) == (None, ticket["promise_ends_at"])
    assert reply["proof_urls"] == list(PROOF)
    card = await world.one("consumer_card", done.card_id or "")
    assert (card["record_id"], card["kind"], card["delivery"]) == (record["id"], "REPLY", "PENDING")
    assert "兰寿旗舰店" in card["title"]
    assert "已催" in card["body"]
    [_, event] = await world.fetch("SELECT * FROM event ORDER BY position")
    assert (event["position"], event["record_id"], event["action"]) == (
        done.position,
        record["id"],
        "REPLIED",
    )
    assert await world.scheduled() == {ticket["id"].hex: ticket["next_step_at"].timestamp() * 1000}
    assert await world.count("idempotency_key") == 1


@pytest.mark.rule("§6.2")
async def test_every_scheme_is_taken_with_what_it_requires(world: World) -> None:
    for scheme in (each for each in replies.SCHEMES if not each.takes_waybill):
        _, ticket_id = await world.urged()
        promised = now() + scheme.longest_promise - HOUR
        wants_time = replies.ReplyRequirement.PROMISED_TIME in scheme.requires
        more = {**NEEDED, "promised_pickup_at": promised} if wants_time else NEEDED
        await world.reply(ticket_id, scheme.code, **more)
        ticket = await world.ticket(ticket_id)
        expected = promised if wants_time else ticket["replied_at"] + scheme.longest_promise
        assert (ticket["status"], ticket["promise_ends_at"]) == ("REPLIED", expected)
        assert ticket["promised_pickup_at"] == (promised if wants_time else None)


FAULTY: list[tuple[str, dict[str, Any], set[tuple[str, str]]]] = [
    ("NO_SUCH", {}, {("UNKNOWN_SCHEME", "input.scheme")}),
    ("\x00", {}, {("UNKNOWN_SCHEME", "input.scheme")}),
    ("PROMISE_PICKUP", {}, {("REQUIRED", "input.promisedPickupAt")}),
    (
        "BUYER_ASKED_LATER",
        {"note": "  "},
        {("REQUIRED", "input.note"), ("REQUIRED", "input.promisedPickupAt")},
    ),
    ("SCAN_MISSING", {}, {("REQUIRED", "input.proofUrls")}),
    ("CHANGE_WAYBILL", {}, {("REQUIRED", "input.waybill")}),
    (
        "COURIER_URGED",
        {"waybill": commands.Waybill("SF", "SF1000000000001")},
        {("NOT_TAKEN", "input.waybill")},
    ),
    (
        "PROMISE_PICKUP",
        {
            "promised_pickup_at": now() - HOUR,
            "note": "n" * 2_001,
            "proof_urls": ("http://a.cn/1", "https://a.cn/2", "ftp://a"),
        },
        {
            ("IN_THE_PAST", "input.promisedPickupAt"),
            ("TOO_LONG", "input.note"),
            ("NOT_HTTPS", "input.proofUrls.0"),
            ("NOT_HTTPS", "input.proofUrls.2"),
        },
    ),
    (
        "PROMISE_PICKUP",
        {"promised_pickup_at": now() + 3 * DAY},
        {("TOO_LATE", "input.promisedPickupAt")},
    ),
    ("COURIER_URGED", {"note": "a\x00b"}, {("BAD_CHARACTER", "input.note")}),
    ("SCAN_MISSING", {"proof_urls": PROOF * 10}, {("TOO_MANY", "input.proofUrls")}),
    (
        "CHANGE_WAYBILL",
        {"waybill": commands.Waybill("x" * 65, "顺丰"), "note": "n" * 2_001},
        {
            ("TOO_LONG", "input.waybill.carrier"),
            ("BAD_NUMBER", "input.waybill.number"),
            ("TOO_LONG", "input.note"),
        },
    ),
]


@pytest.mark.rule("§6.4")
async def test_a_faulty_reply_is_refused_with_every_fault(world: World) -> None:
    _, ticket_id = await world.urged()
    for scheme, more, expected in FAULTY:
        error = await world.refused(InvalidInput, world.reply(ticket_id, scheme, **more, idempotency_key="k"))
        assert problems(error) == expected
        assert (error.message, error.path) == (error.problems[0].message, error.problems[0].path)


@pytest.mark.rule("§12.7")
async def test_a_foreign_ticket_is_absent_in_the_same_words(world: World) -> None:
    _, ticket_id = await world.urged()
    command = commands.ReplyToTicket(ticket_id=ticket_id, scheme="COURIER_URGED", idempotency_key="k")
    note = commands.AddNote(ticket_id=ticket_id, note="x", idempotency_key="k")
    nowhere = "tkt_" + "0" * 32

    def reply(who: Context, at: str) -> Awaitable[object]:
        return tickets.reply(who, replace(command, ticket_id=at))

    def add_note(who: Context, at: str) -> Awaitable[object]:
        return tickets.add_note(who, replace(note, ticket_id=at))

    for case in (reply, add_note):
        foreign = await world.refused(NotFound, case(world.stranger, ticket_id))
        absent = await world.refused(NotFound, case(world.staff, nowhere))
        assert (foreign.message, foreign.path) == (absent.message, absent.path)
        for who in (world.buyer, world.integration):
            known = await world.refused(Forbidden, case(who, ticket_id))
            unknown = await world.refused(Forbidden, case(who, nowhere))
            assert known.message == unknown.message


@pytest.mark.rule("§3.19")
async def test_a_reply_to_what_awaits_none_is_refused(world: World) -> None:
    order, replied = await world.urged()
    await world.reply(replied)
    _, withdrawn = await world.urged()
    await world.withdraw(withdrawn)
    _, escalated = await world.urged()
    await world.run_out(escalated)
    await world.work(escalated)
    for ticket_id, status in ((replied, "REPLIED"), (withdrawn, "WITHDRAWN"), (escalated, "ESCALATED")):
        error = await world.refused(IllegalTransition, world.reply(ticket_id, idempotency_key="k"))
        assert (error.current_status, error.ticket) == (status, (world.shop, uuid_of(ticket_id)))
    await world.refund(order)
    completed = await world.refused(IllegalTransition, world.reply(replied))
    assert completed.current_status == "COMPLETED"


async def test_a_reply_to_an_older_version_is_refused(world: World) -> None:
    _, ticket_id = await world.urged()
    error = await world.refused(
        VersionConflict, world.reply(ticket_id, expected_version=2, idempotency_key="k")
    )
    assert (error.ticket, error.path) == ((world.shop, uuid_of(ticket_id)), ("input", "expectedVersion"))
    await world.reply(ticket_id, expected_version=1)


@pytest.mark.rule("§5.14")
async def test_a_note_or_a_reminder_keeps_an_open_form_valid(world: World) -> None:
    _, ticket_id = await world.urged()
    noted = commands.AddNote(ticket_id=ticket_id, note=" 电话未接 ")
    done = await tickets.add_note(world.staff, noted)
    await world.database.pool.execute(
        "UPDATE ticket SET deadline_at = $1::timestamptz, next_step_at = $1,"
        " clock_started_at = $1 - interval '1 day'",
        now() + HOUR / 2,
    )
    await world.work(ticket_id)
    ticket = await world.ticket(ticket_id)
    assert ticket["version"] == 1
    assert await world.actions(ticket_id) == ["OPENED", "NOTED", "REMINDED", "REMINDED", "REMINDED"]
    assert done.position == 2
    record = await world.one("follow_up_record", done.record_id or "")
    assert (record["note"], record["actor_name"]) == ("电话未接", "Amy")
    await world.reply(ticket_id, expected_version=1)


async def test_a_note_that_says_nothing_or_too_much_is_refused(world: World) -> None:
    _, ticket_id = await world.urged()
    faulty = {"": "REQUIRED", "  ": "REQUIRED", "n" * 2_001: "TOO_LONG", "a\x00b": "BAD_CHARACTER"}
    for note, code in faulty.items():
        command = commands.AddNote(ticket_id=ticket_id, note=note, idempotency_key="k")
        error = await world.refused(InvalidInput, tickets.add_note(world.staff, command))
        assert problems(error) == {(code, "input.note")}


@pytest.mark.rule("§3.20")
async def test_a_closed_ticket_still_takes_notes(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.withdraw(ticket_id)
    await tickets.add_note(world.staff, commands.AddNote(ticket_id=ticket_id, note="x"))
    assert await world.scheduled() == {}


@pytest.mark.rule("§3.21")
async def test_a_late_reply_files_the_complaint_instead_once(world: World) -> None:
    _, ticket_id = await world.urged()
    deadline = await world.run_out(ticket_id, MS)
    with pytest.raises(IllegalTransition) as caught:
        await world.reply(ticket_id, expected_version=7, idempotency_key="k")
    assert caught.value.current_status == "ESCALATED"
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["deadline_at"], ticket["money_at_risk"]) == ("ESCALATED", deadline, 0)
    [complaint] = await world.fetch("SELECT * FROM complaint")
    assert (complaint["ticket_id"], complaint["round"], complaint["status"]) == (ticket["id"], 1, "FILED")
    assert complaint["filed_at"] == ticket["escalated_at"]
    assert str(complaint["estimated_compensation"]) == "6.45"
    [_, record] = await world.fetch("SELECT * FROM follow_up_record ORDER BY position")
    assert (record["action"], record["actor_kind"], record["actor_name"]) == ("ESCALATED", "SYSTEM", "system")
    assert (await world.count("reply"), await world.count("consumer_card")) == (0, 0)
    assert await world.count("idempotency_key") == 0
    assert await world.scheduled() == {}
    await world.work(ticket_id)
    await world.refused(IllegalTransition, world.reply(ticket_id))


@pytest.mark.rule("§3.21", "§5.15")
async def test_the_databases_clock_decides_to_the_millisecond(world: World) -> None:
    """Deadlines lie one millisecond apart around the replies: none is taken late, none refused early."""
    count = 60
    ids = [ticket_id for _, ticket_id in [await world.urged() for _ in range(count)]]
    start = now() + timedelta(milliseconds=30)
    for index, ticket_id in enumerate(ids):
        await world.end_at(ticket_id, start + index * MS)
    results = await asyncio.gather(*(world.reply(each) for each in ids), return_exceptions=True)
    fates = set()
    rows = await world.fetch(
        "SELECT t.status, t.replied_at, t.escalated_at, r.deadline_before AS deadline FROM ticket t"
        " JOIN follow_up_record r ON r.ticket_id = t.id AND r.position = 2 ORDER BY t.opened_at, t.id"
    )
    for result, row in zip(results, rows, strict=True):
        fates.add(row["status"])
        if row["status"] == "REPLIED":
            assert isinstance(result, commands.TicketChanged)
            assert row["replied_at"] < row["deadline"]
        else:
            assert isinstance(result, IllegalTransition)
            assert row["escalated_at"] >= row["deadline"]
    assert fates <= {"REPLIED", "ESCALATED"}
    assert await world.count("complaint") == sum(row["status"] == "ESCALATED" for row in rows)


async def test_of_fifty_replies_at_once_one_wins(world: World) -> None:
    _, ticket_id = await world.urged()
    attempts: list[Coroutine[Any, Any, Any]] = [world.reply(ticket_id, note=f"{n}") for n in range(50)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(each, commands.TicketChanged) for each in results) == 1
    assert sum(isinstance(each, IllegalTransition) for each in results) == 49
    assert await world.actions(ticket_id) == ["OPENED", "REPLIED"]
    assert (await world.count("reply"), await world.count("consumer_card")) == (1, 1)


async def test_of_fifty_replies_to_one_version_one_wins(world: World) -> None:
    _, ticket_id = await world.urged()
    attempts = [world.reply(ticket_id, expected_version=1) for _ in range(50)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(each, VersionConflict) for each in results) == 49


@pytest.mark.rule("§3.21")
async def test_a_reply_and_the_worker_at_the_deadline_do_one_thing_each_time(world: World) -> None:
    ids = [ticket_id for _, ticket_id in [await world.urged() for _ in range(20)]]
    start = now() + timedelta(milliseconds=20)
    for index, ticket_id in enumerate(ids):
        await world.end_at(ticket_id, start + 2 * index * MS)

    async def worker() -> None:
        for _ in range(40):
            await world.work(*ids)
            await asyncio.sleep(0.002)

    replies_ = [world.reply(each) for each in ids]
    await asyncio.gather(worker(), *replies_, return_exceptions=True)
    for ticket_id in ids:
        actions = await world.actions(ticket_id)
        assert actions in (["OPENED", "REPLIED"], ["OPENED", "ESCALATED"])
    assert await world.count("complaint") == await world.count("ticket") - await world.count("reply")


@pytest.mark.rule("§9.2")
async def test_an_english_shop_answers_in_english(world: World) -> None:
    await world.database.pool.execute("UPDATE shop SET locale = 'en'")
    _, ticket_id = await world.urged()
    await world.reply(ticket_id, "CHANGE_WAYBILL", waybill=commands.Waybill("顺丰速运", number_of("SF5")))
    [card] = await world.fetch("SELECT title, body FROM consumer_card")
    assert "replied about your order" in card["title"]
    assert "SF Express" in card["body"]


async def test_staff_who_are_no_members_are_named_by_their_subject(world: World) -> None:
    _, ticket_id = await world.urged()
    command = commands.ReplyToTicket(ticket_id=ticket_id, scheme="COURIER_URGED")
    await tickets.reply(world.owner, command)
    [_, record] = await world.fetch("SELECT actor_name FROM follow_up_record ORDER BY position")
    assert record["actor_name"] == "olga"


async def test_a_short_promise_in_the_second_round_is_kept_by_round(world: World) -> None:
    """The last reply's promise counts, not an earlier one."""
    short = world.under(DEFAULT)
    order, ticket_id = await short.urged()
    await short.reply(ticket_id)
    await short.run_out(ticket_id)
    await short.urge(order)
    ends = now() + HOUR
    await short.reply(ticket_id, "PROMISE_PICKUP", promised_pickup_at=ends)
    ticket = await short.ticket(ticket_id)
    assert (ticket["promise_ends_at"], ticket["promise_broken_at"]) == (ends, None)
