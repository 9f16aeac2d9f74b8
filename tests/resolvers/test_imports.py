"""Importing files: the samples, twice, changed outside, faulty, large (`domain.md §8, §14`)."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from domain.errors import Forbidden, NotFound
from integrations.errors import ExportError
from resolvers import imports
from resolvers.imports import Report
from tests.resolvers.world import MS, World, now

SAMPLES = Path(__file__).parents[2] / "examples" / "data"
ORDERS = SAMPLES / "export_order_list.sample.csv"
PUSHES = (SAMPLES / "kuaidi100_push.sample.txt", SAMPLES / "smartlogistics_push.sample.json")
COLUMNS = "订单编号,买家会员名,买家实际支付金额,订单状态,订单付款时间,宝贝标题,物流单号,物流公司"
SHIPPED, CLOSED, UNPAID = "卖家已发货，等待买家确认", "交易关闭", "等待买家付款"


def line(
    number: str,
    waybills: str = "",
    *,
    status: str = SHIPPED,
    paid: str = "129.00",
    paid_at: str = "2026-11-18 10:00:00",
    carrier: str = "顺丰速运",
) -> str:
    return f"{number},小波,{paid},{status},{paid_at},棉服,{waybills},{carrier}"


async def take(world: World, *lines: str) -> Report:
    """Import an export of these rows."""
    text = "\r\n".join([COLUMNS, *lines])
    return await take_file(world, io.BytesIO(text.encode("gb18030")))


async def take_file(world: World, stream: io.BytesIO) -> Report:
    return await imports.import_orders(world.integration, world.shop_id, stream, lambda _: None)


async def take_pushes(world: World) -> list[dict[str, int]]:
    counts = []
    for path in PUSHES:
        report = await imports.import_tracking(world.services, io.BytesIO(path.read_bytes()), lambda _: None)
        counts.append(dict(report.counts))
    return counts


async def waybills(world: World) -> list[tuple[str, bool]]:
    rows = await world.fetch("SELECT waybill_number, replaced_at FROM parcel ORDER BY created_at, id")
    return [(row["waybill_number"], row["replaced_at"] is None) for row in rows]


@pytest.mark.rule("§8.9")
@pytest.mark.parametrize("scans_first", [False, True])
async def test_the_samples_lead_to_the_right_orders_parcels_and_pickups(
    world: World, *, scans_first: bool
) -> None:
    if scans_first:
        assert await take_pushes(world) == [{"CREATED": 20}, {"CREATED": 3}]
    report = await take_file(world, io.BytesIO(ORDERS.read_bytes()))
    assert dict(report.counts) == {"CREATED": 58, "SKIPPED": 2}
    assert [(remark.line, remark.reason) for remark in report.remarks] == [(18, "not paid"), (52, "not paid")]
    if not scans_first:
        assert await take_pushes(world) == [{"CREATED": 20}, {"CREATED": 3}]
    found = await world.fetch("SELECT status, count(*) FROM orders GROUP BY 1")
    by_status = {row["status"]: row["count"] for row in found}
    assert by_status == {"PAID": 19, "SHIPPED": 23, "PICKED_UP": 10, "CLOSED": 6}
    picked_up = await world.fetch("SELECT waybill_number FROM parcel WHERE picked_up_at IS NOT NULL")
    assert {row["waybill_number"] for row in picked_up} == {
        "SF1373964017572",
        "JT5119641341163",
        "JT0766805747207",
        "351056338189192",
        "773422232367484",
        "76561253526875",
        "773838829624728",
        "773510874427720",
        "SF1229486922806",
        "JT3012199759135",
    }
    estimated = await world.fetch("SELECT DISTINCT shipped_at_estimated FROM parcel")
    assert [row["shipped_at_estimated"] for row in estimated] == [True]


@pytest.mark.rule("§14.1")
async def test_a_numbers_ship_time_is_when_it_was_first_seen(world: World) -> None:
    """An export has none: the first import is the guess, and a later one changes nothing of it."""
    before = now()
    await take_file(world, io.BytesIO(ORDERS.read_bytes()))
    after = now()
    first = await world.fetch("SELECT id, shipped_at, shipped_at_estimated FROM parcel ORDER BY id")
    assert all(before - MS <= row["shipped_at"] <= after + MS for row in first)
    assert all(row["shipped_at_estimated"] for row in first)
    await take_file(world, io.BytesIO(ORDERS.read_bytes()))
    assert await world.fetch("SELECT id, shipped_at, shipped_at_estimated FROM parcel ORDER BY id") == first


@pytest.mark.rule("§13.10")
async def test_importing_twice_changes_nothing(world: World) -> None:
    await take_file(world, io.BytesIO(ORDERS.read_bytes()))
    await take_pushes(world)
    before = await world.dump()
    report = await take_file(world, io.BytesIO(ORDERS.read_bytes()))
    assert dict(report.counts) == {"UNCHANGED": 58, "SKIPPED": 2}
    assert await take_pushes(world) == [{"UNCHANGED": 20}, {"UNCHANGED": 3}]
    assert await world.dump() == before


@pytest.mark.rule("§14.5")
async def test_another_number_on_re_import_was_changed_outside(world: World) -> None:
    await take(world, line("1", "SF1000000000001"))
    [order] = await world.fetch("SELECT id FROM orders")
    await world.database.pool.execute("UPDATE orders SET ship_by = paid_at, buyer_id = 'bob'")
    placed = replace(await world.order(), id=f"ord_{order['id'].hex}")
    ticket_id = (await world.urge(placed)).ticket_id
    report = await take(world, line("1", "No:SF1000000000002"))
    assert dict(report.counts) == {"UPDATED": 1}
    assert await waybills(world) == [("SF1000000000001", False), ("SF1000000000002", True)]
    assert await world.actions(ticket_id) == ["OPENED", "WAYBILL_CHANGED"]
    before = await world.stored()
    assert dict((await take(world, line("1", "SF1000000000002"))).counts) == {"UNCHANGED": 1}
    assert await world.stored() == before


async def test_an_older_export_does_not_undo_a_change_made_here(world: World) -> None:
    await take(world, line("1", "SF1000000000001"))
    [parcel] = await world.fetch("SELECT id FROM parcel")
    await world.change(f"pcl_{parcel['id'].hex}", "SF1000000000002")
    before = await world.stored()
    assert dict((await take(world, line("1", "SF1000000000001"))).counts) == {"UNCHANGED": 1}
    assert await world.stored() == before


async def test_a_further_number_is_a_further_parcel_and_one_that_left_makes_room(world: World) -> None:
    await take(world, line("1", "SF1000000000001"))
    await take(world, line("1", '"SF1000000000001,SF1000000000002"'))
    assert await waybills(world) == [("SF1000000000001", True), ("SF1000000000002", True)]
    await take(world, line("1", '"SF1000000000003 SF1000000000002"'))
    assert await waybills(world) == [
        ("SF1000000000001", False),
        ("SF1000000000002", True),
        ("SF1000000000003", True),
    ]


async def test_a_number_picked_up_stays_whatever_the_export_says(world: World) -> None:
    await take(world, line("1", "SF1000000000001"))
    await world.scan("SF1000000000001")
    report = await take(world, line("1", "SF1000000000002"))
    assert dict(report.counts) == {"REFUSED": 1}
    assert (report.remarks[0].line, report.remarks[0].number) == (2, "1")
    assert await waybills(world) == [("SF1000000000001", True)]


@pytest.mark.rule("§14.4")
async def test_a_shipped_order_that_is_closed_ends_its_ticket(world: World) -> None:
    await take(world, line("1", "SF1000000000001"))
    await world.database.pool.execute("UPDATE orders SET ship_by = paid_at, buyer_id = 'bob'")
    [order] = await world.fetch("SELECT id FROM orders")
    placed = replace(await world.order(), id=f"ord_{order['id'].hex}")
    ticket_id = (await world.urge(placed)).ticket_id
    closed = line("1", "SF1000000000001", status=CLOSED)
    assert dict((await take(world, closed)).counts) == {"UPDATED": 1}
    assert await world.actions(ticket_id) == ["OPENED", "ORDER_CLOSED"]
    before = await world.stored()
    assert dict((await take(world, closed)).counts) == {"UNCHANGED": 1}
    assert await world.stored() == before


@pytest.mark.rule("§14.3")
async def test_rows_are_refused_or_skipped_with_line_number_and_reason(world: World) -> None:
    future = (now() + timedelta(days=2)).strftime("%Y-%m-%d %H:%M:%S")
    report = await take(
        world,
        line("1", "SF1000000000001"),
        line("2", status=UNPAID, paid_at=""),
        line("3", paid="viel"),
        line("3.6E+18"),
        "5,too,few",
        line("6", paid_at=future),
        line("7", "SF1000000000007"),
        line("8", "运单号"),
    )
    assert dict(report.counts) == {"CREATED": 2, "SKIPPED": 1, "REFUSED": 5}
    remarks = {remark.line: (remark.fate, remark.number) for remark in report.remarks}
    assert remarks == {
        3: ("SKIPPED", "2"),
        4: ("REFUSED", "3"),
        5: ("REFUSED", None),
        6: ("REFUSED", None),
        7: ("REFUSED", "6"),
        9: ("REFUSED", "8"),
    }
    assert all(remark.reason for remark in report.remarks)


async def test_a_later_row_of_the_same_order_is_the_newer_word(world: World) -> None:
    report = await take(
        world, line("1"), line("2"), line("1", "SF1000000000001"), line("1", "SF1000000000001", paid="9.90")
    )
    assert dict(report.counts) == {"CREATED": 2, "UPDATED": 2}
    [order] = await world.fetch("SELECT paid_amount, status FROM orders WHERE number = '1'")
    assert (str(order["paid_amount"]), order["status"]) == ("9.90", "SHIPPED")


@pytest.mark.rule("§14.2")
async def test_an_export_does_not_forget_the_buyer_an_integration_named(world: World) -> None:
    await take(world, line("1"))
    await world.fetch("UPDATE orders SET buyer_id = 'b-77'")
    assert dict((await take(world, line("1"))).counts) == {"UNCHANGED": 1}
    [order] = await world.fetch("SELECT buyer_id, buyer_nick FROM orders")
    assert order == {"buyer_id": "b-77", "buyer_nick": "小波"}


async def test_who_may_not_record_may_not_import(world: World) -> None:
    for who, kind in ((world.staff, Forbidden), (world.buyer, Forbidden), (world.stranger, Forbidden)):
        stream = io.BytesIO(ORDERS.read_bytes())
        await world.refused(kind, imports.import_orders(who, world.shop_id, stream, lambda _: None))
    stream = io.BytesIO(ORDERS.read_bytes())
    foreign = imports.import_orders(world.integration, world.other_shop_id, stream, lambda _: None)
    await world.refused(NotFound, foreign)


async def test_what_is_no_export_changes_nothing(world: World) -> None:
    before = await world.dump()
    for content in (b"", b"a,b\r\n1,2\r\n", b"\x00\xff" * 50):
        with pytest.raises(ExportError):
            await take_file(world, io.BytesIO(content))
    assert await world.dump() == before


async def test_faulty_pushes_in_a_file_are_remarked_by_line(world: World) -> None:
    good = PUSHES[0].read_bytes().splitlines()[0]
    stream = io.BytesIO(b"\n".join([b"nonsense", good, b"", b"param=%7B%7D&sign=x"]))
    report = await imports.import_tracking(world.services, stream, lambda _: None)
    assert report.counts["CREATED"] == 1
    assert [remark.line for remark in report.remarks] == [1, 4]
    broken = await imports.import_tracking(world.services, io.BytesIO(b"[{"), lambda _: None)
    assert dict(broken.counts) == {"REFUSED": 1}


async def test_a_large_file_is_taken_in_bounded_memory(world: World) -> None:
    rows = 10_000

    def lines() -> Iterator[str]:
        yield COLUMNS
        for index in range(rows):
            yield line(f"{index:010d}", f"SF1{index:012d}" if index % 4 == 0 else "")

    stream = io.BytesIO("\r\n".join(lines()).encode("gb18030"))
    seen: list[int] = []
    process = psutil.Process()
    before = process.memory_info().rss
    report = await imports.import_orders(world.integration, world.shop_id, stream, seen.append)
    grown_mb = (process.memory_info().rss - before) / 2**20
    assert dict(report.counts) == {"CREATED": rows}
    assert await world.count("parcel") == rows // 4
    assert seen == sorted(seen)
    assert seen[-1] == len(stream.getvalue())
    assert grown_mb < 40
