"""How long 100,000 orders take to come in: by `recordOrders`, and from a seller's export by the importer."""

from __future__ import annotations

import asyncio
import csv
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks import filling, load, servers
from benchmarks.documents import RECORD_ORDERS
from benchmarks.stage import stage, token
from benchmarks.table import table
from db.database import Database
from domain import ids
from domain.events import ActorKind
from domain.ids import IdKind
from integrations.times import SHANGHAI

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from settings import Settings

ORDERS, QUICK_ORDERS = 100_000, 5_000
A_CALL = 500
"""Orders; more are refused."""
BEFORE = timedelta(days=1)
"""The last payment: no time of an import may lie in the future."""
COLUMNS = (
    "订单编号", "买家会员名", "买家实际支付金额", "订单状态", "收货人姓名", "收货地址", "联系电话",
    "联系手机", "订单付款时间", "宝贝标题", "物流单号", "物流公司", "宝贝总数量", "订单关闭原因",
)  # fmt: skip
SHIPPED, CLOSED = "卖家已发货，等待买家确认", "交易关闭"


def measure(*, quick: bool) -> list[str]:
    """The figures as lines of a table."""
    count = QUICK_ORDERS if quick else ORDERS
    with stage() as made:
        url = made.database("bench")
        settings = made.settings(url)
        by_calls, by_file = asyncio.run(_shops(url))
        figures = asyncio.run(_calls(settings, made.folder / "web.log", by_calls, count))
        file = made.folder / "export.csv"
        export(file, count)
        for name, outcome in (("export", "created"), ("export, once more", "unchanged")):
            took_s = _import(settings, file, by_file, f"{count} {outcome}")
            figures.append(_row(f"import orders: an {name}", count, took_s))
    return table((f"{count:,} orders of one shop", "measured", "to reach"), figures)


async def _shops(database_url: str) -> list[UUID]:
    database = await Database.connect(database_url, max_connections=1)
    try:
        async with database.transaction() as connection:
            return await filling.add_shops(connection, 2)
    finally:
        await database.close()


async def _calls(settings: Settings, log: Path, shop_id: UUID, count: int) -> list[tuple[str, ...]]:
    """The web process is sent one call after the other, as an integration does; then all of them again."""
    bearer = token(settings, [shop_id], ActorKind.INTEGRATION)
    calls = [_call(settings, bearer, shop_id, start) for start in range(0, count, A_CALL)]
    figures = []
    async with servers.ours(settings, log), load.connections(settings.port, 1) as (connection,):
        for name, outcome in (("recordOrders", "created"), ("recordOrders, once more", "unchanged")):
            timed = load.Timed()
            for call in calls:
                started = time.perf_counter()
                await connection.ask(call, f'"{outcome}":{A_CALL},'.encode())
                timed.each_s.append(time.perf_counter() - started)
            figures.append(_row(f"{name}: calls of {A_CALL}", count, sum(timed.each_s), str(timed)))
    return figures


def _row(name: str, count: int, took_s: float, each: str = "") -> tuple[str, ...]:
    """`to reach` stands for the full size, and for what is new."""
    new = count == ORDERS and "once more" not in name
    shown = f"{took_s:.1f} s, {count / took_s:,.0f} orders/s{', a call ' if each else ''}{each}"
    return name, shown, "60 s" if new else ""


def _call(settings: Settings, bearer: str, shop_id: UUID, start: int) -> bytes:
    wanted = {
        "shopId": ids.encode(IdKind.SHOP, shop_id),
        "orders": [_order(number) for number in range(start, start + A_CALL)],
    }
    body = orjson.dumps({"query": RECORD_ORDERS, "variables": {"input": wanted}})
    return load.request(settings.port, bearer, body)


def _order(number: int) -> dict[str, Any]:
    return {
        "number": f"{5_000_000_000_000_000_000 + number}",
        "buyerId": f"buyer-{number % 5_000}",
        "buyerNick": f"nick_{number % 5_000}",
        "itemTitle": "新疆长绒棉四件套 60支贡缎 1.8m床 雾霾蓝",
        "quantity": 1 + number % 3,
        "paidAmount": f"{100 + number % 900}.{number % 100:02d}",
        "paidAt": _paid_at(number).isoformat(),
        "originRegion": "320500",
        "destinationRegion": "110101",
        "addressKey": f"home-{number % 5_000}",
    }


def _paid_at(number: int) -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - BEFORE - timedelta(seconds=number * 7919 % (30 * 86_400))


def export(file: Path, count: int) -> None:
    """Write a seller's export: of ten orders eight are shipped, one waits for that, one is closed."""
    with file.open("w", encoding="gb18030", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(_lines(count))


def _lines(count: int) -> Iterator[tuple[str, ...]]:
    for number in range(count):
        kind = number % 10
        shipped = kind not in {8, 9}
        status = SHIPPED if shipped else CLOSED if kind == 9 else "买家已付款，等待卖家发货"
        yield (
            f'="{6_000_000_000_000_000_000 + number}"',
            f"nick_{number % 5_000}",
            f"{100 + number % 900}.{number % 100:02d}",
            status,
            f"样例{number % 5_000}",
            f"广东省 广州市 番禺区 样例大道{number % 5_000}号(511400)",
            "'",
            f"'13800{number % 1_000_000:06d}",
            f"{_paid_at(number).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            "云南普洱茶 熟茶 357g",
            f"No:SF{1_000_000_000_000 + number}" if shipped else "",
            "顺丰速运" if shipped else "",
            f"{1 + number % 3}",
            "买家不想要了" if status == CLOSED else "订单未关闭",
        )


def _import(settings: Settings, file: Path, shop_id: UUID, proof: str) -> float:
    """Seconds that the command takes, its start among them."""
    command = [sys.executable, str(servers.ROOT / "cli.py"), "import", "orders", str(file)]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--shop", ids.encode(IdKind.SHOP, shop_id)],
        cwd=servers.ROOT,
        env=settings.for_a_child(),
        capture_output=True,
        text=True,
        check=False,
    )
    took_s = time.perf_counter() - started
    if done.returncode or proof not in done.stdout:
        raise load.WrongAnswer(f"{done.stdout[:2_000]} {done.stderr[-2_000:]}")
    return took_s
