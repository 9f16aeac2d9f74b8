"""The smart-logistics push: rows read, rows set aside, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import scans
from integrations import errors, smartlogistics

SAMPLE = Path(__file__).parents[2] / "examples/data/smartlogistics_push.sample.json"


def row(**changes: object) -> dict[str, object]:
    """A good row with these fields changed."""
    return {
        "cpCode": "SF",
        "mailNo": "SF1229486922806",
        "logisticsStatus": "GOT",
        "logisticsStatusDesc": "已揽收",
        "logisticsGmtModified": "2026-11-20 09:30:00",
        "lastLogisticDetail": "【样例市】快件已揽收",
    } | changes


def body(*rows: object) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


@pytest.mark.rule("§8.3")
def test_the_sample_gives_exactly_its_scans() -> None:
    parsed = smartlogistics.parse(SAMPLE.read_bytes())
    assert parsed.problems == ()
    assert parsed.scans == (
        scans.Scan(
            "YUNDA",
            "466300973396197",
            datetime(2026, 11, 19, 12, 11, 2, tzinfo=UTC),
            "ACCEPT",
            "商家已发货，等待快递员上门揽收",
            "SMART_LOGISTICS",
        ),
        scans.Scan(
            "SF",
            "SF1229486922806",
            datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
            "GOT",
            "【样例市】快件已揽收",
            "SMART_LOGISTICS",
        ),
        scans.Scan(
            "JTSD",
            "JT3012199759135",
            datetime(2026, 11, 20, 13, 0, 10, tzinfo=UTC),
            "TRANSPORT",
            "快件离开【样例中转场】",
            "SMART_LOGISTICS",
        ),
    )
    assert [scans.proves_pickup(scan.code, scan.description) for scan in parsed.scans] == [False, True, True]


def test_one_bare_row_is_a_push_of_one() -> None:
    assert smartlogistics.parse(json.dumps(row()).encode()) == smartlogistics.parse(body(row()))


def test_an_empty_array_brings_nothing() -> None:
    assert smartlogistics.parse(b"[]").scans == ()


def test_an_unknown_word_stays_the_code_and_proves_nothing() -> None:
    scan = smartlogistics.parse(body(row(logisticsStatus="lost", lastLogisticDetail="快件"))).scans[0]
    assert scan.code == "LOST"
    assert not scans.proves_pickup(scan.code, scan.description)


def test_an_unknown_carrier_is_kept_and_a_known_one_is_canonical() -> None:
    parsed = smartlogistics.parse(body(row(cpCode="CP570969"), row(cpCode="DBKD"), row(cpCode="LE04284890")))
    assert [scan.carrier for scan in parsed.scans] == ["CP570969", "DEPPON", "JD"]


def test_without_a_detail_the_description_of_the_state_is_kept() -> None:
    assert smartlogistics.parse(body(row(lastLogisticDetail=None))).scans[0].description == "已揽收"


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "text",
        [],
        {},
        row(cpCode=""),
        row(mailNo=None),
        row(mailNo="单号"),
        row(logisticsStatus=None),
        row(logisticsGmtModified=None),
        row(logisticsGmtModified="2026-13-01 00:00:00"),
    ],
)
def test_a_faulty_row_is_set_aside_and_the_others_are_kept(bad: object) -> None:
    parsed = smartlogistics.parse(body(row(), bad, row(mailNo="SF1")))
    assert [scan.waybill_number for scan in parsed.scans] == ["SF1229486922806", "SF1"]
    assert [problem.index for problem in parsed.problems] == [1]


@pytest.mark.parametrize("document", [b"", b"{", b"null", b"1", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_array_of_rows_is_refused(document: bytes) -> None:
    with pytest.raises(errors.PushError):
        smartlogistics.parse(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ROW = st.fixed_dictionaries(
    {
        "cpCode": st.just("SF") | JSON,
        "mailNo": st.just("SF1") | JSON,
        "logisticsStatus": st.just("GOT") | JSON,
    },
    optional={"logisticsGmtModified": JSON, "lastLogisticDetail": JSON},
)


@given(st.binary() | st.lists(ROW | JSON).map(lambda rows: json.dumps(rows).encode()))
def test_whatever_comes_is_read_or_refused(document: bytes) -> None:
    """Never another exception, and every row is a scan or a problem."""
    try:
        parsed = smartlogistics.parse(document)
    except errors.PushError:
        return
    value = json.loads(document)
    assert len(parsed.scans) + len(parsed.problems) == (len(value) if isinstance(value, list) else 1)
