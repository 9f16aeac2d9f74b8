"""The Alibaba Cloud smart-logistics push: the latest state of each waybill, as JSON (`domain.md §8`)."""

from __future__ import annotations

from domain import scans
from integrations import errors, pushes, times


def parse(body: bytes) -> pushes.Parsed:
    """The scans of a push, a JSON array of rows or one bare row; raises `PushError` if it is neither.

    A row that cannot be read becomes a problem with its place, and the others are kept. An unknown state word
    stays the scan's code and proves nothing by itself.
    """
    document = pushes.decode(body)
    rows = document if isinstance(document, list) else [document]
    if not isinstance(document, list | dict):
        message = "expected an array of waybill states"
        raise errors.PushError(message)
    found: list[scans.Scan] = []
    problems: list[pushes.RowProblem] = []
    for index, row in enumerate(rows):
        try:
            found.append(_scan(row))
        except ValueError as error:
            problems.append(pushes.RowProblem(index, str(error)))
    return pushes.Parsed(tuple(found), tuple(problems))


def _scan(row: object) -> scans.Scan:
    """One row as a scan; raises ValueError saying what is wrong with it."""
    if not isinstance(row, dict):
        message = "not an object"
        raise ValueError(message)  # noqa: TRY004 -- data at fault, not the caller
    carrier, number = pushes.waybill(row, carrier="cpCode", number="mailNo")
    word = pushes.field(row, "logisticsStatus", max_chars=pushes.MAX_CODE_CHARS).upper()
    if not word:
        message = "no state in 'logisticsStatus'"
        raise ValueError(message)
    text = pushes.field(row, "lastLogisticDetail", max_chars=pushes.MAX_DESCRIPTION_CHARS)
    return scans.Scan(
        carrier=carrier,
        waybill_number=number,
        occurred_at=times.parse(pushes.field(row, "logisticsGmtModified", max_chars=40)),
        code=word,
        description=text or pushes.field(row, "logisticsStatusDesc", max_chars=pushes.MAX_DESCRIPTION_CHARS),
        source=scans.SMART_LOGISTICS,
    )
