"""The order export of the Taobao and Tmall seller centre, in any of its editions (`domain.md §14`)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO

from domain import carriers
from integrations import addresses, errors, export_file, texts, times

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

# Column names of the editions, the usual one first. They are compared in half width and without spaces.
_NAMES: dict[str, tuple[str, ...]] = {
    "number": ("订单编号", "订单号"),
    "buyer_nick": ("买家会员名", "买家昵称", "买家会员名称", "买家旺旺"),
    "paid_amount": ("买家实际支付金额", "实际支付金额", "买家实付金额", "实付金额", "买家实付款", "实付款"),
    "status": ("订单状态", "交易状态"),
    "paid_at": ("订单付款时间", "买家付款时间", "付款时间", "支付时间"),
    "item_title": ("宝贝标题", "商品标题", "宝贝名称", "商品名称"),
    "waybill_numbers": ("物流单号", "运单号", "快递单号"),
    "carrier": ("物流公司", "快递公司"),
    "quantity": ("宝贝总数量", "商品总数量", "宝贝数量", "商品数量", "购买数量", "数量"),
    "shipped_at": ("发货时间", "卖家发货时间"),
    "closed_at": ("订单关闭时间", "交易关闭时间", "关闭时间", "交易结束时间"),
    "close_reason": ("订单关闭原因", "关闭原因"),
    "refund_amount": ("退款金额", "买家退款金额"),
    "receiver": ("收货人姓名", "收货人", "收件人姓名", "收件人"),
    "mobile": ("联系手机", "收货人手机", "收货人手机号", "手机"),
    "phone": ("联系电话", "收货人电话", "电话"),
    "new_address": ("修改后的收货地址",),
    "address": ("收货地址", "收货人地址", "收件地址"),
}
_MANDATORY = (
    "number", "buyer_nick", "paid_amount", "status", "paid_at", "item_title", "waybill_numbers", "carrier",
)  # fmt: skip
_SHOWN_NAMES = 60

MAX_NICK_CHARS = 100
MAX_TITLE_CHARS = 500
MAX_PARCELS = 50
_MAX_STATUS_CHARS = 100
_MAX_CARRIER_CHARS = 64

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_ORDER_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_ROUNDED = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII | re.IGNORECASE)
_AMOUNT = re.compile(r"\d{1,10}(?:\.\d{1,2})?", re.ASCII)
_QUANTITY = re.compile(r"(\d{1,9})(?:\.0+)?", re.ASCII)
_NO_PREFIX = re.compile(r"\bno\s*[:.]\s*", re.ASCII | re.IGNORECASE)
_BETWEEN_NUMBERS = re.compile(r"[,;、|/\s]+")
_BETWEEN_NAMES = re.compile(r"[,;、|]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """A paid order as the seller sees it; times in UTC, the amount in yuan.

    `buyer_id` is the nick: the export knows no other (§14). `closed_at` is None where the edition does not
    tell when an order was closed; `refunded` says that a refund closed it. `shipped_at` is None in all but
    the newest editions. `carrier` is canonical, or the name as it came. `destination_region` is the GB/T 2260
    code of the province.
    """

    line: int
    number: str
    buyer_id: str
    buyer_nick: str
    item_title: str
    quantity: int
    paid_amount: Decimal
    paid_at: datetime
    status_text: str
    closed: bool
    closed_at: datetime | None
    refunded: bool
    carrier: str | None
    waybill_numbers: tuple[str, ...]
    shipped_at: datetime | None
    destination_region: str | None
    address_key: str | None


@dataclass(frozen=True, slots=True)
class ExportSkipped:
    """An order that is no concern of ours yet: not paid (§14)."""

    line: int
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExportProblem:
    """A row that could not be read; `number` is its order number where that much could be."""

    line: int
    number: str | None
    message: str


def read(stream: BinaryIO) -> Iterator[ExportRow | ExportSkipped | ExportProblem]:
    """The rows of an export in the order of the file, each with the physical line it begins on (from 1).

    Takes UTF-8 and GB18030, any order and set of columns with the mandatory ones. Raises `ExportError` at
    once if this is no such file, naming the columns found and those missing; after that a bad row is one
    `ExportProblem` and the reading goes on. Memory does not grow with the file.
    """
    known = [name for names in _NAMES.values() for name in names]
    records = export_file.records(stream, known_names=known)
    header = next(records, None)
    if header is None:
        message = "the file is empty"
        raise errors.ExportError(message)
    if isinstance(header, export_file.Unreadable):
        message = f"the first line is no header: {header.message}"
        raise errors.ExportError(message)
    return _rows(records, _columns(header.cells), width=len(header.cells))


def _columns(header: tuple[str, ...]) -> dict[str, int]:
    """Where each field stands; raises `ExportError` if a mandatory one stands nowhere."""
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        places.setdefault("".join(_half_width(_plain(name)).split()), place)
    columns = {
        field: places[name] for field, names in _NAMES.items() for name in reversed(names) if name in places
    }
    missing = tuple(_NAMES[field][0] for field in _MANDATORY if field not in columns)
    if missing:
        found = tuple(name[:40] for name in places if name)[:_SHOWN_NAMES]
        message = f"columns missing: {', '.join(missing)}; columns found: {', '.join(found) or 'none'}"
        raise errors.ExportError(message, found=found, missing=missing)
    return columns


def _rows(
    records: Iterator[export_file.Record | export_file.Unreadable], columns: Mapping[str, int], *, width: int
) -> Iterator[ExportRow | ExportSkipped | ExportProblem]:
    for record in records:
        if isinstance(record, export_file.Unreadable):
            message = record.message + _up_to(record)
            yield ExportProblem(record.line, None, message)
            continue
        number: str | None = None
        try:
            row = _Row(record, columns, width=width)
            number = row.number()
            yield row.skipped(number) or row.order(number)
        except ValueError as error:
            yield ExportProblem(record.line, number, str(error) + _up_to(record))


class _Row:
    """One record, read by field name. Every method raises ValueError saying what is wrong with the row."""

    def __init__(self, record: export_file.Record, columns: Mapping[str, int], *, width: int) -> None:
        cells = record.cells
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            message = f"{len(cells)} cells under {width} columns"
            raise ValueError(message)
        self._line = record.line
        self._cells = cells
        self._columns = columns

    def number(self) -> str:
        number = self._text("number")
        _refuse_rounded(number, "the order number")
        if _ORDER_NUMBER.fullmatch(number) is None:
            message = f"no order number: {number[:40]!r}"
            raise ValueError(message)
        return number

    def skipped(self, number: str) -> ExportSkipped | None:
        """The order as one to skip, if it was never paid."""
        if self._text("paid_at") and "等待买家付款" not in self._text("status"):
            return None
        return ExportSkipped(self._line, number, "not paid")

    def order(self, number: str) -> ExportRow:
        status, nick = self._needed("status"), self._needed("buyer_nick")
        if len(nick) > MAX_NICK_CHARS:
            message = f"{_NAMES['buyer_nick'][0]} is longer than {MAX_NICK_CHARS} characters"
            raise ValueError(message)
        closed = any(word in status for word in ("关闭", "取消", "退款成功"))
        numbers = self._waybill_numbers()
        address = self._text("new_address") or self._text("address")
        return ExportRow(
            line=self._line,
            number=number,
            buyer_id=nick,
            buyer_nick=nick,
            item_title=self._needed("item_title")[:MAX_TITLE_CHARS],
            quantity=self._quantity(),
            paid_amount=self._amount("paid_amount"),
            paid_at=times.parse(self._text("paid_at")),
            status_text=status[:_MAX_STATUS_CHARS],
            closed=closed,
            closed_at=self._time("closed_at") if closed else None,
            refunded=closed and self._was_refunded(status),
            carrier=self._carrier(),
            waybill_numbers=numbers,
            shipped_at=self._time("shipped_at") if numbers else None,
            destination_region=addresses.province_code(address),
            address_key=addresses.address_key(
                self._text("receiver"), self._text("mobile") or self._text("phone"), address
            ),
        )

    def _text(self, field: str) -> str:
        """A cell without what the export wraps it in; empty where the edition has no such column."""
        place = self._columns.get(field)
        return "" if place is None else _plain(self._cells[place])

    def _needed(self, field: str) -> str:
        text = self._text(field)
        if not text:
            message = f"{_NAMES[field][0]} is empty"
            raise ValueError(message)
        if field != "item_title" and "\ufffd" in text:
            message = f"{_NAMES[field][0]} holds bytes that are no text"
            raise ValueError(message)
        return text

    def _time(self, field: str) -> datetime | None:
        text = self._text(field)
        return times.parse(text) if text else None

    def _amount(self, field: str) -> Decimal:
        text = _half_width(self._text(field)).replace(",", "").removeprefix("¥").removesuffix("元").strip()
        if _AMOUNT.fullmatch(text) is None:
            message = f"{_NAMES[field][0]} is no amount: {text[:40]!r}"
            raise ValueError(message)
        return Decimal(text)

    def _quantity(self) -> int:
        found = _QUANTITY.fullmatch(self._text("quantity") or "1")
        if found is None or int(found[1]) == 0:
            message = f"{_NAMES['quantity'][0]} is no quantity: {self._text('quantity')[:40]!r}"
            raise ValueError(message)
        return int(found[1])

    def _was_refunded(self, status: str) -> bool:
        """Whether it was a refund that closed the order: by the status, the reason or the refunded amount."""
        if "退款" in status or "退款" in self._text("close_reason"):
            return True
        return bool(self._text("refund_amount")) and self._amount("refund_amount") > 0

    def _carrier(self) -> str | None:
        """The one carrier of the row; the export names it once a parcel, and we know no row with two."""
        text = _half_width(self._text("carrier"))
        names = {carriers.canonical(name) for name in _BETWEEN_NAMES.split(text) if name.strip()}
        if len(names) > 1:
            message = f"several carriers for one order: {text[:80]!r}"
            raise ValueError(message)
        name = next(iter(names), "")[:_MAX_CARRIER_CHARS].strip()
        if "\ufffd" in name:
            message = f"{_NAMES['carrier'][0]} holds bytes that are no text"
            raise ValueError(message)
        return name or None

    def _waybill_numbers(self) -> tuple[str, ...]:
        """The numbers of the cell, normalised, each once: one a parcel."""
        text = _NO_PREFIX.sub(" ", _half_width(self._text("waybill_numbers")))
        numbers = [carriers.normal_number(part) for part in _BETWEEN_NUMBERS.split(text) if part]
        for number in numbers:
            _refuse_rounded(number, "the waybill number")
            if not carriers.is_plausible(number):
                message = f"not a waybill number: {number[:40]!r}"
                raise ValueError(message)
        if len(numbers) > MAX_PARCELS:
            message = f"more than {MAX_PARCELS} waybill numbers"
            raise ValueError(message)
        return tuple(dict.fromkeys(numbers))


def _plain(cell: str) -> str:
    """A cell without `="…"`, the apostrophe that marks text (alone: no text), `null` and outer spaces."""
    text = texts.storable(cell, max_chars=export_file.MAX_CELL_CHARS)
    formula = _FORMULA.fullmatch(text)
    text = (formula[1] if formula else text).strip().removeprefix("'").strip()
    return "" if text == "null" else text


def _half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _refuse_rounded(number: str, what: str) -> None:
    """Raise ValueError for 3.6E+18: what a spreadsheet makes of a long number, its digits lost."""
    if _ROUNDED.fullmatch(number):
        message = f"{what} was rounded by a spreadsheet program: {number[:40]!r}"
        raise ValueError(message)


def _up_to(lines: export_file.Record | export_file.Unreadable) -> str:
    return f" (up to line {lines.last_line})" if lines.last_line > lines.line else ""
