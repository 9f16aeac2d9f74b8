"""Lists as files: the filter, scope and refusals of the API, one moment, cells that no spreadsheet runs."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from domain.ticket_words import TicketStatus
from exports import comma_separated, lists, workbook
from exports.lists import List
from resolvers.context import Context
from resolvers.reads.refusals import TooMuch
from tests import factories
from tests.exports.conftest import Served
from tests.schema.world import World

STAFF, CONSUMER, INTEGRATION = ActorKind.STAFF, ActorKind.CONSUMER, ActorKind.INTEGRATION
FILES = [f"/exports/{name}.{form}" for name in lists.LISTS for form in ("csv", "xlsx")]


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of a CSV file by their headings."""
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True))


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    (error,) = answer.json()["errors"]
    assert error["message"]
    return answer.status_code, error["extensions"]["code"]


@pytest.mark.rule("§13.9")
async def test_the_tickets_of_ones_shop_stand_in_the_file(served: Served, world: World) -> None:
    answer = await served.get(world.ours.viewer(STAFF), "/exports/tickets.csv")
    escalated, opened = rows(answer)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''tickets.csv"
    assert escalated["工单 ID"] == ids.encode(IdKind.TICKET, world.ours.ticket["id"])
    assert (escalated["状态"], escalated["结果"], escalated["投诉状态"]) == (
        "已升级投诉",
        "已发起投诉",
        "待判责",
    )
    assert escalated["处理人"] == world.ours.agent["display_name"]
    assert escalated["订单号"] == world.ours.order["number"]
    # The old number is no longer the parcel's.
    assert escalated["运单号"] == f"SF {world.ours.parcel['waybill_number']}"
    assert (opened["状态"], opened["风险金额（元）"], opened["赔付（元）"]) == ("等待卖家回复", "6.45", "")


async def test_headings_and_words_are_english_for_whom_wants_it(served: Served, world: World) -> None:
    viewer = world.ours.viewer(STAFF)
    first = rows(await served.get(viewer, "/exports/tickets.csv", ("locale", "en")))[0]
    assert (first["Status"], first["Kind"], first["Round"]) == ("Escalated", "Urge pickup", "1")
    complaint = rows(await served.get(viewer, "/exports/complaints.csv", ("locale", "en")))[0]
    assert (complaint["Status"], complaint["Violation"]) == ("Filed", "Not picked up in time")
    assert (complaint["Estimate (CNY)"], complaint["Compensation (CNY)"]) == ("6.45", "")


async def test_times_are_those_of_shanghai_with_their_offset(served: Served, world: World) -> None:
    opened_at = factories.now().replace(
        year=2026, month=11, day=1, hour=20, minute=30, second=0, microsecond=1000
    )
    await factories.ticket(
        served.database, world.ours.open_order, TicketStatus.WITHDRAWN, opened_at=opened_at
    )
    viewer = world.ours.viewer(STAFF)
    given = ("openedBefore", "2026-11-01T20:30:00.002Z"), ("openedAfter", "2026-11-02T04:30:00.001+08:00")
    (row,) = rows(await served.get(viewer, "/exports/tickets.csv", *given))
    assert row["催促时间"] == "2026-11-02 04:30:00.001+08:00"


FILTERS: list[list[tuple[str, str]]] = [
    [],
    [("status", "ESCALATED")],
    [("status", "ESCALATED"), ("status", "AWAITING_REPLY")],
    [("urgency", "WARNING"), ("kind", "URGE_PICKUP")],
    [("unassigned", "true")],
    [("unassigned", "false"), ("carrier", "SF")],
    [("assignedToMe", "true")],
    [("search", "nick of")],
    [("search", "nobody at all")],
    [("deadlineBefore", "2099-01-01T00:00:00Z"), ("openedAfter", "2020-01-01T00:00:00Z")],
]


@pytest.mark.parametrize("given", FILTERS, ids=str)
async def test_the_file_holds_what_the_api_lists_with_the_same_filter(
    served: Served, world: World, given: list[tuple[str, str]]
) -> None:
    viewer = world.ours.viewer(STAFF)
    many = {"status", "urgency", "kind", "carrier"}
    wanted: dict[str, Any] = {}
    for name, text in given:
        if name in many:
            wanted.setdefault(name, []).append(text)
        else:
            wanted[name] = {"true": True, "false": False}.get(text, text)
    document = "query ($f: TicketFilter) { tickets(filter: $f) { edges { node { id } } } }"
    listed = (await served.ask(viewer, document, f=wanted))["tickets"]["edges"]
    found = rows(await served.get(viewer, "/exports/tickets.csv", *given))
    assert {row["工单 ID"] for row in found} == {edge["node"]["id"] for edge in listed}


async def test_what_is_not_yours_is_not_in_it_and_a_foreign_shop_is_like_none(
    served: Served, world: World, platform: Viewer
) -> None:
    theirs, nobodys = world.theirs.ids["Shop"], "shp_" + "0" * 32
    for file in ("tickets", "complaints"):
        path = f"/exports/{file}.csv"
        both = rows(await served.get(platform, path))
        own = rows(await served.get(world.ours.viewer(STAFF), path))
        assert {row["店铺"] for row in both} == {world.ours.shop["name"], world.theirs.shop["name"]}
        assert {row["店铺"] for row in own} == {world.ours.shop["name"]}
        foreign, absent = [
            await served.get(world.ours.viewer(STAFF), path, ("shopIds", shop)) for shop in (theirs, nobodys)
        ]
        assert foreign.content == absent.content
        assert rows(absent) == []


@pytest.mark.parametrize("path", FILES)
async def test_nobody_else_gets_a_list(served: Served, world: World, path: str) -> None:
    assert refused(await served.get(None, path)) == (401, "UNAUTHENTICATED")
    for role in (CONSUMER, INTEGRATION):
        assert refused(await served.get(world.ours.viewer(role), path)) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ([("stat", "ESCALATED")], "stat"),
        ([("status", "LOST")], "LOST"),
        ([("openedAfter", "yesterday")], "DateTime"),
        ([("openedAfter", "2026-01-01T00:00:00Z"), ("openedAfter", "2027-01-01T00:00:00Z")], "once"),
        ([("unassigned", "perhaps")], "true or false"),
        ([("search", "x")], "at least 2"),
        ([("locale", "fr")], "zh-CN or en"),
    ],
)
async def test_a_parameter_that_cannot_be_used_is_named(
    served: Served, world: World, given: list[tuple[str, str]], word: str
) -> None:
    answer = await served.get(world.ours.viewer(STAFF), "/exports/tickets.csv", *given)
    assert refused(answer) == (400, "BAD_USER_INPUT")
    assert word in answer.text


async def test_too_long_a_list_is_refused_as_the_api_does(served: Served, world: World) -> None:
    given = [("shopIds", world.ours.ids["Shop"])] * 201
    answer = await served.get(world.ours.viewer(STAFF), "/exports/tickets.csv", *given)
    assert refused(answer) == (400, "LIMIT")


async def test_an_address_that_is_none_is_not_found(served: Served, platform: Viewer) -> None:
    for path in ("/exports/orders.csv", "/exports/tickets.pdf", "/exports/evidence/x.pdf"):
        assert refused(await served.get(platform, path)) == (404, "NOT_FOUND")


async def test_head_tells_what_the_file_would_be_and_holds_nothing(served: Served, platform: Viewer) -> None:
    headers = (await served.get(platform, "/exports/tickets.csv")).request.headers
    for _ in range(5):
        answer = await served.client.head("/exports/tickets.csv", headers=headers)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"


HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    '=HYPERLINK("http://x","y")',
    "a\n=1",
    'q"u,o',
]


async def hostile(served: Served, world: World) -> None:
    """Orders whose item is called so that a spreadsheet would run it, each with a ticket."""
    for title in HOSTILE:
        order = await factories.order(served.database, world.ours.shop, item_title=title, buyer_nick=title)
        await factories.ticket(served.database, order)


async def test_no_cell_of_a_csv_begins_a_formula(served: Served, world: World) -> None:
    await hostile(served, world)
    answer = await served.get(world.ours.viewer(STAFF), "/exports/tickets.csv")
    # The furnished two come first: the oldest stands first.
    shown = [row["商品"] for row in rows(answer)][2:]
    assert sorted(shown) == sorted(f"'{each}" if each[0] not in "aq" else each for each in HOSTILE)
    assert all(row["买家昵称"][0] not in "=+-@\t\r＝" for row in rows(answer))


async def test_a_workbook_opens_with_texts_as_texts_and_money_as_numbers(
    served: Served, world: World, tmp_path: Path
) -> None:
    await hostile(served, world)
    answer = await served.get(world.ours.viewer(STAFF), "/exports/tickets.xlsx", ("locale", "en"))
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    path = tmp_path / "tickets.xlsx"
    path.write_bytes(answer.content)
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    heading, *cells = list(sheet.iter_rows())
    at = {str(cell.value): number for number, cell in enumerate(heading)}
    assert len(cells) == 2 + len(HOSTILE)
    items = [row[at["Item"]] for row in cells]
    assert {cell.data_type for cell in items} == {"s"}
    # XML has no carriage return of its own.
    found = [str(cell.value).replace("_x000D_", "\r") for cell in items][2:]
    assert sorted(found) == sorted(HOSTILE)
    paid = cells[0][at["Paid (CNY)"]]
    assert (paid.data_type, Decimal(str(paid.value)), paid.number_format) == ("n", Decimal(129), "0.00")
    assert cells[0][at["Order"]].value == world.ours.order["number"]


async def test_what_comes_after_the_first_page_is_as_it_was_then(
    served: Served, world: World, platform: Viewer, context: Callable[[Viewer], Context]
) -> None:
    before = [
        await factories.ticket(served.database, world.ours.open_order, records=False, **closed)
        for closed in CLOSED
    ]
    pages = lists.TICKETS.pages(context(platform), {})
    seen = [row["id"] for row in await anext(pages)]
    late = await factories.ticket(served.database, world.ours.order, TicketStatus.WITHDRAWN, records=False)
    seen += [row["id"] async for page in pages for row in page]
    assert len(seen) == len(set(seen)) == 4 + len(before)
    assert ids.encode(IdKind.TICKET, late["id"]) not in seen


CLOSED: list[dict[str, Any]] = [{"status": TicketStatus.WITHDRAWN}] * 450


@pytest.mark.usefixtures("world")
async def test_a_workbook_over_http_is_refused_when_it_is_too_long(
    platform: Viewer, context: Callable[[Viewer], Context], tmp_path: Path
) -> None:
    with pytest.raises(TooMuch):
        await workbook.write(context(platform), lists.TICKETS, {}, "en", tmp_path / "x.xlsx", most=3)
    assert await workbook.write(context(platform), lists.TICKETS, {}, "en", tmp_path / "y.xlsx", most=4) == 4


@pytest.mark.usefixtures("world")
async def test_a_sheet_that_is_full_is_followed_by_another(
    platform: Viewer,
    context: Callable[[Viewer], Context],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    await workbook.write(context(platform), lists.TICKETS, {}, "en", tmp_path / "x.xlsx")
    sheets = openpyxl.load_workbook(tmp_path / "x.xlsx").worksheets
    assert [sheet.max_row for sheet in sheets] == [4, 2]
    assert [sheet["A1"].value for sheet in sheets] == ["Ticket", "Ticket"]


@pytest.mark.parametrize("what", lists.LISTS.values(), ids=lists.LISTS.keys())
def test_every_column_has_a_heading_of_its_own_in_each_language(what: List) -> None:
    for locale in ("zh-CN", "en"):
        heading = what.heading(locale)
        assert len(set(heading)) == len(heading)


def test_what_is_no_text_is_never_defused() -> None:
    assert comma_separated.defused(Decimal("-1.50")) == "-1.50"
    assert comma_separated.defused("-1.50") == "'-1.50"
