"""Shops and staff: who may save what (`domain.md §12`, `schema.graphql`)."""

from dataclasses import replace

import pytest

from domain.errors import Forbidden, InvalidInput, NotFound
from domain.events import ActorKind
from domain.shop import Market
from resolvers import commands, shops, staff
from tests.resolvers.world import World, problems, uuid_of

NEW = commands.SaveShop(name=" 新店 ", idempotency_key="k")


async def test_a_new_shop_takes_its_defaults_and_has_a_stream(world: World) -> None:
    saved = await shops.save(world.platform, NEW)
    shop = await world.one("shop", saved.id)
    assert (shop["name"], shop["market"], shop["locale"]) == ("新店", "GENERIC", "zh-CN")
    assert shop["active"] is True
    [stream] = await world.fetch("SELECT head, trimmed FROM shop_stream WHERE shop_id = $1", shop["id"])
    assert (stream["head"], stream["trimmed"]) == (0, 0)
    assert saved.shop_id == saved.id
    assert await shops.save(world.platform, NEW) == saved
    assert await world.count("shop") == 3


@pytest.mark.rule("§12.6")
async def test_only_the_platform_makes_shops(world: World) -> None:
    for who in (world.owner, world.staff, world.integration, world.buyer):
        await world.refused(Forbidden, shops.save(who, NEW))


async def test_a_field_left_out_stays(world: World) -> None:
    change = commands.SaveShop(id=world.shop_id, market=Market.TMALL, active=False)
    await shops.save(world.platform, change)
    await shops.save(world.platform, commands.SaveShop(id=world.shop_id, locale="en"))
    shop = await world.one("shop", world.shop_id)
    assert (shop["name"], shop["market"], shop["locale"]) == ("兰寿旗舰店", "TMALL", "en")
    assert shop["active"] is False


@pytest.mark.rule("§12.4")
async def test_owners_change_name_and_language_and_no_more(world: World) -> None:
    change = commands.SaveShop(id=world.shop_id, idempotency_key="k")
    await shops.save(world.owner, replace(change, name="改名", locale="en"))
    await world.refused(Forbidden, shops.save(world.owner, replace(change, market=Market.TMALL)))
    await world.refused(Forbidden, shops.save(world.owner, replace(change, active=False)))
    for who in (world.staff, world.integration, world.buyer):
        await world.refused(Forbidden, shops.save(who, replace(change, name="x")))
    foreign = replace(change, id=world.other_shop_id, name="x")
    absent = replace(foreign, id="shp_" + "0" * 32)
    errors = [await world.refused(NotFound, shops.save(world.owner, each)) for each in (foreign, absent)]
    assert errors[0].message == errors[1].message


async def test_faulty_shops_are_refused_with_every_fault(world: World) -> None:
    cases = [
        (replace(NEW, name=None), {("REQUIRED", "input.name")}),
        (replace(NEW, name=" "), {("REQUIRED", "input.name")}),
        (
            replace(NEW, name="x" * 101, locale="fr"),
            {("TOO_LONG", "input.name"), ("UNKNOWN_LOCALE", "input.locale")},
        ),
        (replace(NEW, id=world.shop_id, name="a\x00"), {("BAD_CHARACTER", "input.name")}),
    ]
    for command, expected in cases:
        assert problems(await world.refused(InvalidInput, shops.save(world.platform, command))) == expected


async def test_a_new_member_takes_defaults_and_is_changed_by_id(world: World) -> None:
    new = commands.SaveStaffMember(shop_id=world.shop_id, subject=" ben ", idempotency_key="k")
    saved = await staff.save(world.owner, new)
    member = await world.one("staff_member", saved.id)
    assert (member["subject"], member["display_name"]) == ("ben", "ben")
    assert (member["owner"], member["active"]) == (False, True)
    assert (member["shop_id"], saved.shop_id) == (uuid_of(world.shop_id), world.shop_id)
    assert await staff.save(world.owner, new) == saved
    change = commands.SaveStaffMember(shop_id=world.shop_id, id=saved.id, display_name="Ben", active=False)
    assert (await staff.save(world.owner, change)).id == saved.id
    await staff.save(world.platform, replace(change, display_name=None, owner=True, active=None))
    member = await world.one("staff_member", saved.id)
    assert (member["display_name"], member["owner"], member["active"]) == ("Ben", True, False)


@pytest.mark.rule("§12.3")
async def test_one_person_may_be_a_member_of_many_shops_once_each(world: World) -> None:
    again = commands.SaveStaffMember(shop_id=world.shop_id, subject="amy", idempotency_key="k")
    error = await world.refused(InvalidInput, staff.save(world.owner, again))
    assert problems(error) == {("ALREADY_A_MEMBER", "input.subject")}
    await staff.save(world.platform, replace(again, shop_id=world.other_shop_id))
    assert await world.count("staff_member") == 2


@pytest.mark.rule("§12.4")
async def test_staff_is_saved_by_owners_of_the_shop_and_the_platform_only(world: World) -> None:
    new = commands.SaveStaffMember(shop_id=world.shop_id, subject="ben", idempotency_key="k")
    for who in (world.staff, world.integration, world.buyer):
        await world.refused(Forbidden, staff.save(who, new))
    stranger = world.as_(ActorKind.STAFF, "zoe", [world.other_shop], owner=True)
    foreign = await world.refused(NotFound, staff.save(stranger, new))
    absent = await world.refused(NotFound, staff.save(world.owner, replace(new, shop_id="shp_" + "0" * 32)))
    assert (
        (foreign.message, foreign.path)
        == (absent.message, absent.path)
        == (
            foreign.message,
            ("input", "shopId"),
        )
    )


async def test_a_member_of_another_shop_is_not_found(world: World) -> None:
    there = commands.SaveStaffMember(shop_id=world.other_shop_id, subject="zoe")
    zoe = (await staff.save(world.platform, there)).id
    for member_id in (zoe, "stf_" + "0" * 32, "x", world.shop_id):
        change = commands.SaveStaffMember(shop_id=world.shop_id, id=member_id, owner=True)
        error = await world.refused(NotFound, staff.save(world.owner, change))
        assert error.path == ("input", "id")


async def test_faulty_members_are_refused_with_every_fault(world: World) -> None:
    new = commands.SaveStaffMember(shop_id=world.shop_id, idempotency_key="k")
    cases = [
        (new, {("REQUIRED", "input.subject")}),
        (
            replace(new, subject=" ", display_name="x" * 101),
            {("REQUIRED", "input.subject"), ("TOO_LONG", "input.displayName")},
        ),
        (replace(new, subject="a\x00"), {("BAD_CHARACTER", "input.subject")}),
    ]
    for command, expected in cases:
        assert problems(await world.refused(InvalidInput, staff.save(world.owner, command))) == expected
    [amy] = await world.fetch("SELECT id FROM staff_member")
    renamed = replace(new, id=f"stf_{amy['id'].hex}", subject="anna")
    assert problems(await world.refused(InvalidInput, staff.save(world.owner, renamed))) == {
        ("FIXED", "input.subject")
    }


async def test_ensure_member_makes_one_and_leaves_it_alone(world: World) -> None:
    for name in ("Carl", "other"):
        await staff.ensure_member(world.database, world.shop, "carl", owner=True, display_name=name)
    members = await world.fetch("SELECT display_name, owner FROM staff_member WHERE subject = 'carl'")
    assert members == [{"display_name": "Carl", "owner": True}]
