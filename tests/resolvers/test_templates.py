"""Reply templates: who saves them, what is refused, and replies made from them (`domain.md §6, §12`)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from db import database, keys
from domain.cards import SHANGHAI
from domain.errors import Forbidden, IdempotencyConflict, InvalidInput, NotFound
from domain.templates import MOST_TEMPLATES
from resolvers import commands, templates
from resolvers.context import Context
from tests.resolvers.world import HOUR, World, now, problems, sf

URGED = (
    "{{buyer_nick}}，{{carrier}} {{waybill}}（订单 {{order_number}}，{{ticket_number}}）已催。{{shop_name}}"
)


async def save(world: World, who: Context | None = None, **given: Any) -> commands.Saved:
    """Olga saves a template."""
    command = commands.SaveReplyTemplate(**{"shop_id": world.shop_id, **given})
    return await templates.save(who or world.owner, command)


async def made(world: World, body: str = URGED, scheme: str = "COURIER_URGED", **given: Any) -> str:
    """The public id of a new template."""
    return (await save(world, title="催件", scheme_code=scheme, body=body, **given)).id


def deleting(public_id: str, **given: Any) -> commands.DeleteReplyTemplate:
    return commands.DeleteReplyTemplate(id=public_id, **given)


async def test_an_owner_makes_changes_and_deletes_a_template(world: World) -> None:
    template = await made(world, body=" 您好 ")
    row = await world.one("reply_template", template)
    assert (row["shop_id"], row["title"], row["scheme_code"], row["body"]) == (
        world.shop,
        "催件",
        "COURIER_URGED",
        "您好",
    )
    await save(world, id=template, body="{{waybill}}")
    row = await world.one("reply_template", template)
    assert (row["title"], row["scheme_code"], row["body"]) == ("催件", "COURIER_URGED", "{{waybill}}")
    assert row["updated_at"] > row["created_at"]
    assert (await templates.delete(world.platform, deleting(template))).id == template
    assert await world.count("reply_template") == 0


@pytest.mark.rule("§12.4")
async def test_who_may_not_manage_templates_changes_nothing(world: World) -> None:
    template = await made(world)
    given = {"title": "a", "scheme_code": "COURIER_URGED", "body": "b"}
    for who in (world.staff, world.buyer, world.integration):
        await world.refused(Forbidden, save(world, who, **given))
        await world.refused(Forbidden, templates.delete(who, deleting(template)))
    other = world.as_(world.owner.viewer.role, "otto", [world.other_shop], owner=True)
    absent = replace(world, shop=keys.new())
    there = await world.refused(NotFound, save(world, other, **given))
    nowhere = await world.refused(NotFound, save(absent, other, **given))
    assert (there.message, there.path) == (nowhere.message, nowhere.path)
    foreign = await world.refused(NotFound, templates.delete(other, deleting(template)))
    for public_id in ("tpl_" + "0" * 32, world.shop_id, ""):
        error = await world.refused(NotFound, templates.delete(other, deleting(public_id)))
        assert (error.message, error.path) == (foreign.message, foreign.path)
        await world.refused(NotFound, save(world, id=public_id, title="x"))
    elsewhere = replace(world, shop=world.other_shop)
    await world.refused(NotFound, save(elsewhere, world.platform, id=template, title="x"))


@pytest.mark.rule("§13.3")
async def test_a_template_that_breaks_a_rule_is_not_saved(world: World) -> None:
    error = await world.refused(InvalidInput, save(world))
    assert problems(error) == {
        ("REQUIRED", "input.title"),
        ("UNKNOWN_SCHEME", "input.schemeCode"),
        ("REQUIRED", "input.body"),
    }
    error = await world.refused(InvalidInput, made(world, body="{{buyer_name}}"))
    assert problems(error) == {("UNKNOWN_VARIABLE", "input.body")}
    assert "{{buyer_name}}" in error.message
    template = await made(world)
    changes: tuple[dict[str, Any], ...] = ({"body": "{{x}}"}, {"title": " "}, {"scheme_code": "x"})
    for given in changes:
        await world.refused(InvalidInput, save(world, id=template, **given))


async def test_a_shop_has_so_many_templates_also_when_two_want_the_last_place(world: World) -> None:
    async with world.database.transaction() as connection:
        moment = await database.now(connection)
        await connection.executemany(
            "INSERT INTO reply_template VALUES ($1, $2, 't', 'COURIER_URGED', 'b', $3, $3)",
            [(world.shop, keys.new(), moment) for _ in range(MOST_TEMPLATES - 1)],
        )
    done = await asyncio.gather(*(made(world) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, str) for each in done) == 1
    assert await world.count("reply_template") == MOST_TEMPLATES
    error = await world.refused(InvalidInput, made(world))
    assert problems(error) == {("TOO_MANY", "input.title")}


async def test_a_key_saves_once_and_deletes_once(world: World) -> None:
    first = await made(world, idempotency_key="k")
    assert await made(world, idempotency_key="k") == first
    await world.refused(IdempotencyConflict, made(world, body="other", idempotency_key="k"))
    assert await world.count("reply_template") == 1
    gone = deleting(first, idempotency_key="k")
    done = await asyncio.gather(*(templates.delete(world.owner, gone) for _ in range(5)))
    assert {each.id for each in done} == {first}
    await world.refused(NotFound, templates.delete(world.owner, deleting(first)))
    other = deleting(await made(world), idempotency_key="k")
    await world.refused(IdempotencyConflict, templates.delete(world.owner, other))


@pytest.mark.rule("§6.6")
async def test_a_reply_takes_its_note_from_the_template(world: World) -> None:
    order, ticket_id = await world.urged(sf(1))
    template = await made(world)
    done = await world.reply(ticket_id, template_id=template)
    number = (await world.ticket(ticket_id))["number"]
    note = f"小波，顺丰 {sf(1)}（订单 {order.number}，{number}）已催。兰寿旗舰店"
    [reply] = await world.fetch("SELECT * FROM reply")
    assert reply["note"] == note
    assert (await world.one("follow_up_record", done.record_id or ""))["note"] == note
    assert (await world.one("consumer_card", done.card_id or ""))["body"].endswith(note)


async def test_what_the_seller_wrote_takes_the_place_of_the_template(world: World) -> None:
    template = await made(world)
    notes = []
    for note in ("自己写的", " "):
        _, ticket_id = await world.urged()
        done = await world.reply(ticket_id, template_id=template, note=note)
        notes.append((await world.one("follow_up_record", done.record_id or ""))["note"])
    assert notes[0] == "自己写的"
    assert notes[1].endswith("兰寿旗舰店")


async def test_a_template_satisfies_a_scheme_that_asks_for_a_note(world: World) -> None:
    template = await made(world, "{{item_title}} 缺货", "OUT_OF_STOCK")
    _, ticket_id = await world.urged()
    await world.reply(ticket_id, "OUT_OF_STOCK", template_id=template)
    assert (await world.fetch("SELECT note FROM reply"))[0]["note"] == "棉服 缺货"


async def test_promised_and_changed_values_are_those_of_the_reply(world: World) -> None:
    _, first = await world.urged(sf(1))
    promise = await made(world, "{{promised_at}}", "PROMISE_PICKUP")
    moment = now() + 3 * HOUR
    await world.reply(first, "PROMISE_PICKUP", template_id=promise, promised_pickup_at=moment)
    _, second = await world.urged(sf(2))
    change = await made(world, "{{carrier}} {{waybill}}", "CHANGE_WAYBILL")
    await world.reply(
        second, "CHANGE_WAYBILL", template_id=change, waybill=commands.Waybill("圆通", " yt1234567890123 ")
    )
    notes = {row["note"] for row in await world.fetch("SELECT note FROM reply")}
    assert notes == {f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", "圆通 YT1234567890123"}


@pytest.mark.parametrize("note", [None, "beside it"])
async def test_a_template_of_another_scheme_or_shop_is_refused(world: World, note: str | None) -> None:
    _, ticket_id = await world.urged()
    other_scheme = await made(world, "x", "OUT_OF_STOCK")
    error = await world.refused(InvalidInput, world.reply(ticket_id, template_id=other_scheme, note=note))
    assert problems(error) == {("OTHER_SCHEME", "input.templateId")}
    elsewhere = replace(world, shop=world.other_shop)
    foreign = (await save(elsewhere, world.platform, title="x", scheme_code="COURIER_URGED", body="x")).id
    gone = await made(world)
    await templates.delete(world.owner, deleting(gone))
    for template_id in (foreign, gone):
        error = await world.refused(InvalidInput, world.reply(ticket_id, template_id=template_id, note=note))
        assert problems(error) == {("NO_TEMPLATE", "input.templateId")}


async def test_a_variable_without_a_value_refuses_the_reply(world: World) -> None:
    _, ticket_id = await world.urged()
    template = await made(world, "{{promised_at}} 前揽收")
    error = await world.refused(InvalidInput, world.reply(ticket_id, template_id=template))
    assert problems(error) == {("NO_VALUE", "input.templateId")}
    await world.reply(ticket_id, template_id=template, promised_pickup_at=now() + timedelta(hours=1))


async def test_a_reply_that_was_sent_keeps_its_words(world: World) -> None:
    _, ticket_id = await world.urged()
    template = await made(world, "first words")
    await world.reply(ticket_id, template_id=template, idempotency_key="k")
    await save(world, id=template, body="other words")
    await templates.delete(world.owner, deleting(template))
    await world.reply(ticket_id, template_id=template, idempotency_key="k")
    assert [row["note"] for row in await world.fetch("SELECT note FROM reply")] == ["first words"]
