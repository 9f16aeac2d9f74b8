"""Importing files: a seller's order export, and pushes kept in a file (`domain.md §8, §14`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from db import database, orders
from domain import carriers, ids, scans
from domain.errors import InvalidInput
from domain.ids import IdKind
from domain.order import OrderRow
from integrations import kuaidi100, order_export, smartlogistics
from integrations.errors import PushError
from integrations.order_export import ExportProblem, ExportRow, ExportSkipped
from resolvers import orders as order_cases
from resolvers import recording, shipments
from resolvers import scans as scan_cases
from resolvers.commands import RecordOrders, RecordShipments, ShipmentRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from resolvers.commands import RowResult
    from resolvers.context import Context, Services

CHUNK_ROWS = 200
UNKNOWN_CARRIER = "未知快递"
"""What a parcel is given when the export leaves the carrier's cell empty."""
SKIPPED, REFUSED = "SKIPPED", "REFUSED"


@dataclass(frozen=True, slots=True)
class Remark:
    """A row that was not taken: its line in the file, SKIPPED or REFUSED, and why."""

    line: int
    fate: str
    number: str | None
    reason: str


@dataclass(slots=True)
class Report:
    """What an import came to: rows by fate (CREATED, UPDATED, UNCHANGED, SKIPPED, REFUSED), and remarks."""

    counts: Counter[str] = field(default_factory=Counter)
    remarks: list[Remark] = field(default_factory=list)

    def remark(self, line: int, fate: str, number: str | None, reason: str) -> None:
        """Note a row that was not taken."""
        self.counts[fate] += 1
        self.remarks.append(Remark(line, fate, number, reason))


async def import_orders(
    context: Context, shop_id: str, stream: BinaryIO, progress: Callable[[int], None]
) -> Report:
    """Take in a seller's export; doing it twice changes nothing.

    `shop_id` is a public id. `progress` is told how many bytes were read. Raises `ExportError` for a file
    that is no export, `NotFound` and `Forbidden` like the recording mutations.
    """
    report = Report()
    await recording.shop_of(context, shop_id)
    chunk: list[ExportRow] = []
    for row in order_export.read(stream):
        if isinstance(row, ExportSkipped):
            report.remark(row.line, SKIPPED, row.number, row.reason)
        elif isinstance(row, ExportProblem):
            report.remark(row.line, REFUSED, row.number, row.message)
        else:
            chunk.append(row)
        if len(chunk) == CHUNK_ROWS:
            await _take(context, shop_id, chunk, report)
            chunk = []
        progress(stream.tell())
    await _take(context, shop_id, chunk, report)
    return report


async def _take(context: Context, shop_id: str, chunk: Sequence[ExportRow], report: Report) -> None:
    """One chunk: the orders first, then their parcels."""
    internal = await recording.shop_of(context, shop_id)
    for part in _without_repeats(chunk):
        numbers = [row.number for row in part]
        async with context.database.pool.acquire() as connection:
            now = await database.now(connection)
            known = await orders.known_by_number(connection, internal, numbers)
        given = tuple(_order(row, known.get(row.number), now) for row in part)
        recorded = await order_cases.record_orders(context, RecordOrders(shop_id=shop_id, orders=given))
        taken = [row for row, result in zip(part, recorded.rows, strict=True) if result.error is None]
        shipped = await _ship(context, internal, taken, now)
        for row, result in zip(part, recorded.rows, strict=True):
            _report(report, row, result, shipped.get(row.number, []))


def _without_repeats(chunk: Sequence[ExportRow]) -> Iterator[list[ExportRow]]:
    """The rows in runs that name no order twice: a later row of the same order is the newer word."""
    run: list[ExportRow] = []
    seen: set[str] = set()
    for row in chunk:
        if row.number in seen:
            yield run
            run, seen = [], set()
        run.append(row)
        seen.add(row.number)
    if run:
        yield run


def _order(row: ExportRow, known: orders.Known | None, now: datetime) -> OrderRow:
    """Most editions have no closing time: then it is when we first learned of it (§14).

    An export names no buyer but by nick: the id that an integration gave stays.
    """
    learned_at = now if known is None or known.closed_at is None else known.closed_at
    return OrderRow(
        number=row.number,
        buyer_id=row.buyer_id if known is None else known.buyer_id,
        buyer_nick=row.buyer_nick,
        item_title=row.item_title,
        quantity=row.quantity,
        paid_amount=row.paid_amount,
        paid_at=row.paid_at,
        closed_at=row.closed_at or (learned_at if row.closed else None),
        destination_region=row.destination_region,
        address_key=row.address_key,
    )


async def _ship(
    context: Context, internal: UUID, taken: Sequence[ExportRow], now: datetime
) -> dict[str, list[RowResult]]:
    """Record the parcels of these orders: numbers not yet known, in place of those that are gone (§14)."""
    with_numbers = [row for row in taken if row.waybill_numbers]
    shop_id = ids.encode(IdKind.SHOP, internal)
    async with context.database.pool.acquire() as connection:
        known = await orders.waybills_by_order(connection, internal, [row.number for row in with_numbers])
    wanted = [
        shipment
        for row in with_numbers
        for shipment in _shipments(row, known.get(row.number, []), row.shipped_at or now)
    ]
    found: dict[str, list[RowResult]] = {}
    for start in range(0, len(wanted), recording.MOST_ROWS):
        part = tuple(wanted[start : start + recording.MOST_ROWS])
        done = await shipments.record_shipments(context, RecordShipments(shop_id=shop_id, shipments=part))
        for shipment, result in zip(part, done.rows, strict=True):
            found.setdefault(shipment.order_number, []).append(result)
    return found


def _shipments(row: ExportRow, known: Sequence[tuple[str, bool]], shipped_at: datetime) -> list[ShipmentRow]:
    """`known` is (number, current) of each parcel. A number that left the export made room for a new one."""
    numbers = [carriers.normal_number(number) for number in row.waybill_numbers]
    ever = {number for number, _ in known}
    gone = [number for number, current in known if current and number not in numbers]
    made = []
    for number in numbers:
        if number in ever:
            continue
        made.append(
            ShipmentRow(
                order_number=row.number,
                carrier=row.carrier or UNKNOWN_CARRIER,
                waybill_number=number,
                shipped_at=shipped_at,
                replaces_waybill_number=gone.pop(0) if gone else None,
                shipped_at_estimated=row.shipped_at is None,
            )
        )
    return made


def _report(report: Report, row: ExportRow, order: RowResult, parcels: Sequence[RowResult]) -> None:
    if order.error is not None:
        report.remark(row.line, REFUSED, row.number, _reason(order.error))
        return
    refused = [each for each in parcels if each.error is not None]
    for each in refused:
        report.remark(row.line, REFUSED, row.number, _reason(each.error))
    if refused:
        return
    touched = any(each.outcome != recording.UNCHANGED for each in parcels)
    outcome = recording.UPDATED if order.outcome == recording.UNCHANGED and touched else order.outcome
    report.counts[outcome] += 1


def _reason(error: Exception | None) -> str:
    if isinstance(error, InvalidInput):
        return " ".join(problem.message for problem in error.problems)
    return str(error)


async def import_tracking(services: Services, stream: BinaryIO, progress: Callable[[int], None]) -> Report:
    """Take in pushes kept in a file: Kuaidi100 form bodies, one a line, or a smart-logistics JSON array.

    The operator vouches for the file, so signatures are not looked at. Twice changes nothing.
    """
    report = Report()
    for line, found in _pushes(stream, report):
        recorded = await scan_cases.record_pushed(services, found)
        for result in recorded.rows:
            if result.error is None:
                report.counts[result.outcome] += 1
            else:
                report.remark(line, REFUSED, None, _reason(result.error))
        progress(stream.tell())
    return report


def _pushes(stream: BinaryIO, report: Report) -> Iterator[tuple[int, list[scans.Scan]]]:
    start = stream.read(64)
    stream.seek(0)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"[", b"{"}:
        try:
            parsed = smartlogistics.parse(stream.read())
        except PushError as error:
            report.remark(1, REFUSED, None, error.message)
            return
        for problem in parsed.problems:
            report.remark(1, REFUSED, None, f"element {problem.index + 1}: {problem.message}")
        for begin in range(0, len(parsed.scans), CHUNK_ROWS):
            yield 1, list(parsed.scans[begin : begin + CHUNK_ROWS])
        return
    for line, body in enumerate(iter(stream.readline, b""), start=1):
        if not body.strip():
            continue
        try:
            parsed = kuaidi100.parse(kuaidi100.parse_form(body.strip())[0])
        except PushError as error:
            report.remark(line, REFUSED, None, error.message)
            continue
        for problem in parsed.problems:
            report.remark(line, REFUSED, None, problem.message)
        yield line, list(parsed.scans)
