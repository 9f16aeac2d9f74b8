"""What the importer and the hooks are timed on is what they meet: every row and every scan is read."""

from collections import Counter
from pathlib import Path

from benchmarks import imports, scans
from domain import scans as rules
from integrations import kuaidi100, order_export, smartlogistics

NUMBERS = ["YT8000000000001", "YT8000000000002"]


def body(request: bytes) -> bytes:
    return request.partition(b"\r\n\r\n")[2]


def test_the_export_holds_shipped_paid_and_closed_orders_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    imports.export(file, 50)
    with file.open("rb") as stream:
        found = list(order_export.read(stream))
    rows = [row for row in found if isinstance(row, order_export.ExportRow)]
    assert len(rows) == len(found) == 50
    assert len({row.number for row in rows}) == 50
    assert Counter((len(row.waybill_numbers), row.closed) for row in rows) == {
        (1, False): 40,
        (0, False): 5,
        (0, True): 5,
    }
    assert {row.carrier for row in rows} == {"SF", None}


def test_a_push_of_kuaidi100_is_signed_and_tells_of_a_pickup() -> None:
    param, sign = kuaidi100.parse_form(body(scans.kuaidi100_push(80, NUMBERS[0])))
    assert kuaidi100.verify(param, sign, scans.SALT)
    parsed = kuaidi100.parse(param)
    assert parsed.problems == ()
    assert len(parsed.scans) == len(scans.KUAIDI100)
    assert {(scan.carrier, scan.waybill_number) for scan in parsed.scans} == {("YTO", NUMBERS[0])}
    proving = [rules.proves_pickup(scan.code, scan.description) for scan in parsed.scans]
    assert proving == [True, True, False]


def test_a_push_of_smart_logistics_tells_of_a_pickup_of_each_waybill() -> None:
    parsed = smartlogistics.parse(body(scans.smartlogistics_push(80, NUMBERS)))
    assert parsed.problems == ()
    assert [scan.waybill_number for scan in parsed.scans] == NUMBERS
    assert all(rules.proves_pickup(scan.code, scan.description) for scan in parsed.scans)
