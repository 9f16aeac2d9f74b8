"""The Kuaidi100 push: its signature, its data in every edition, and what is refused."""

from __future__ import annotations

import hashlib
import json
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import scans
from integrations import errors, kuaidi100, pushes

SAMPLE = Path(__file__).parents[2] / "examples/data/kuaidi100_push.sample.txt"
SALT = "lanshou-sample"
NINE = datetime(2026, 11, 20, 1, 0, 0, tzinfo=UTC)


def push(*data: object, state: object = "1", com: object = "shunfeng", nu: object = "SF1006026773546") -> str:
    """A push of these data with the state of the whole."""
    result = {"com": com, "nu": nu, "state": state, "data": list(data)}
    return json.dumps({"status": "polling", "lastResult": result, "autoCheck": "0", "new": {"field": 1}})


def datum(context: str = "快件", *, at: str = "2026-11-20 09:00:00", **more: object) -> dict[str, object]:
    return {"time": at, "ftime": at, "context": context, "areaCode": None} | more


def codes(parsed: pushes.Parsed) -> list[str]:
    return [scan.code for scan in parsed.scans]


@pytest.mark.rule("§8.1", "§8.6")
def test_the_sample_gives_exactly_its_scans() -> None:
    """Twelve pushes: a third ordered only, a third picked up, a third in transit without a pickup scan."""
    parsed = []
    for line in SAMPLE.read_bytes().splitlines():
        param, sign = kuaidi100.parse_form(line)
        assert kuaidi100.verify(param, sign, SALT)
        parsed.append(kuaidi100.parse(param))
    assert [codes(one) for one in parsed] == [["101"], ["103", "101"], ["1002", "101"]] * 4
    assert not any(one.problems for one in parsed)
    picked_up = [
        any(scans.proves_pickup(scan.code, scan.description) for scan in one.scans) for one in parsed
    ]
    assert picked_up == [False, True, True] * 4
    assert parsed[1].scans[0] == scans.Scan(
        carrier="SF",
        waybill_number="SF1373964017572",
        occurred_at=datetime(2026, 11, 20, 10, 30, 40, tzinfo=UTC),
        code="103",
        description="【样例市】快件已被【样例营业部】揽收",
        source="KUAIDI100",
    )
    assert [one.scans[0].carrier for one in parsed] == [
        "SF", "SF", "JTSD", "YUNDA", "JTSD", "YUNDA", "YTO", "STO", "ZTO", "YTO", "STO", "STO",
    ]  # fmt: skip


@pytest.mark.rule("§8.1")
def test_a_signature_is_the_upper_case_md5_of_param_and_salt() -> None:
    param = '{"中文": 1}'
    sign = hashlib.md5((param + SALT).encode(), usedforsecurity=False).hexdigest()
    assert kuaidi100.verify(param, sign.upper(), SALT)
    assert kuaidi100.verify(param, sign, SALT)


@pytest.mark.parametrize("sign", ["", "0" * 32, "签名", "\ud800"])
def test_a_wrong_signature_is_refused(sign: str) -> None:
    assert not kuaidi100.verify("{}", sign, SALT)


def test_without_a_salt_nothing_is_signed() -> None:
    sign = hashlib.md5(b"{}", usedforsecurity=False).hexdigest().upper()
    assert not kuaidi100.verify("{}", sign, "")


@pytest.mark.rule("§8.1")
def test_a_form_gives_param_and_sign_as_they_were_before_encoding() -> None:
    body = urllib.parse.urlencode({"sign": "AB", "param": '{"a": "揽收 +&="}', "other": "x"}).encode()
    assert kuaidi100.parse_form(body + b"\r\n") == ('{"a": "揽收 +&="}', "AB")


def test_a_form_without_a_signature_has_an_empty_one() -> None:
    assert kuaidi100.parse_form(b"param=%7B%7D") == ("{}", "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"sign=AB",
        b"param=1&param=2&sign=AB",
        b"param=1&sign=AB&sign=CD",
        b"param=%FF&sign=AB",
        b"\xff",
        b"&".join(b"a%d=1" % n for n in range(50)),
    ],
)
def test_a_body_that_is_no_signed_form_is_refused(body: bytes) -> None:
    with pytest.raises(errors.PushError):
        kuaidi100.parse_form(body)


@pytest.mark.parametrize(
    "param",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "{}",
        '{"status": "polling"}',
        '{"lastResult": []}',
        '{"lastResult": {"com": "sf", "nu": "1", "data": {}}}',
        push(datum(), com=None),
        push(datum(), com="  "),
        push(datum(), nu=None),
        push(datum(), nu="不是运单号"),
        push(datum(), nu="X" * 41),
        "[" * 200_000,
        '{"lastResult": ' + "9" * 5_000 + "}",
    ],
)
def test_a_push_that_cannot_be_read_is_refused(param: str) -> None:
    with pytest.raises(errors.PushError):
        kuaidi100.parse(param)


@pytest.mark.parametrize(
    "param",
    [
        '{"status": "abort", "message": "3天查询无记录"}',
        '{"status": "abort", "lastResult": null}',
        '{"status": "abort", "lastResult": {"com": "", "nu": "", "data": null}}',
        '{"status": "polling", "lastResult": {"com": "sf", "nu": "1", "data": []}}',
        '{"status": "polling", "lastResult": {"com": "sf", "nu": "1"}}',
    ],
)
def test_a_push_without_data_gives_no_scans(param: str) -> None:
    assert kuaidi100.parse(param) == pushes.Parsed(())


def test_an_unknown_carrier_code_is_kept_as_it_came() -> None:
    assert kuaidi100.parse(push(datum(), com="Zhaijisong ")).scans[0].carrier == "Zhaijisong"


def test_a_number_may_come_as_a_number_and_is_normalised() -> None:
    assert kuaidi100.parse(push(datum(), nu=351056338189192)).scans[0].waybill_number == "351056338189192"
    assert kuaidi100.parse(push(datum(), nu=" sf1006026773546")).scans[0].waybill_number == "SF1006026773546"


@pytest.mark.parametrize("code", ["103", 103, " 103 "])
def test_a_status_code_may_be_text_or_number(code: object) -> None:
    assert codes(kuaidi100.parse(push(datum(statusCode=code)))) == ["103"]


@pytest.mark.parametrize(
    ("word", "code"),
    [("揽收", "1"), ("在途", "0"), ("派件", "5"), ("签收", "3"), ("疑难", "2"), ("退回", "6"), ("退签", "4"),
     ("转投", "7"), ("清关", "8"), ("已下单", "101"), ("待揽收", "102"), ("已揽收", "103"), ("干线", "1002"),
     ("投柜或站签收", "304"), ("拒签", "14"), ("已销单", "401"), ("没见过", scans.NO_CODE)],
)  # fmt: skip
def test_without_a_status_code_the_status_word_counts(word: str, code: str) -> None:
    assert codes(kuaidi100.parse(push(datum(status=word), state="3" if code == "0" else "1"))) == [code]


@pytest.mark.rule("§8.6")
@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("0", "0"),
        ("3", "3"),
        ("5", "5"),
        (0, "0"),
        ("14", "14"),
        ("1", None),
        ("2", None),
        ("4", None),
        ("", None),
    ],
)
def test_in_the_plain_edition_the_newest_scan_takes_a_state_that_proves(
    state: object, code: str | None
) -> None:
    older = datum("下单", at="2026-11-19 09:00:00")
    assert codes(kuaidi100.parse(push(datum("离开"), older, state=state))) == [
        code or scans.NO_CODE,
        scans.NO_CODE,
    ]


def test_the_newest_scan_is_the_latest_in_time_wherever_it_stands() -> None:
    older = datum("下单", at="2026-11-19 09:00:00")
    assert codes(kuaidi100.parse(push(older, datum("离开"), state="0"))) == [scans.NO_CODE, "0"]


def test_a_state_is_not_used_where_a_scan_proves_as_much_so_that_the_scan_stays_the_same_event() -> None:
    """The second push repeats the first one's scan; it must not come out under another code."""
    picked_up = datum("快件已揽收")
    first = kuaidi100.parse(push(picked_up, state="0"))
    second = kuaidi100.parse(push(datum("离开", at="2026-11-20 15:00:00"), picked_up, state="0"))
    assert codes(first) == [scans.NO_CODE]
    assert second.scans[1] == first.scans[0]
    assert codes(second) == [scans.NO_CODE, scans.NO_CODE]


def test_a_signature_of_the_plain_edition_is_always_told() -> None:
    parsed = kuaidi100.parse(
        push(datum("已交给本人", at="2026-11-21 09:00:00"), datum("快件已揽收"), state="3")
    )
    assert codes(parsed) == ["3", scans.NO_CODE]


def test_a_state_never_replaces_a_code() -> None:
    assert codes(kuaidi100.parse(push(datum(statusCode="101"), state="3"))) == ["101"]


@pytest.mark.rule("§8.10")
@pytest.mark.parametrize(
    ("fields", "moment"),
    [
        ({"ftime": "2026-11-20 09:00:00", "time": "2026-11-20 08:00"}, NINE),
        ({"time": "2026-11-20 09:00:00"}, NINE),
        ({"ftime": "", "time": "2026-11-20 09:00:00"}, NINE),
        ({"ftime": None, "time": "2026/11/20 9:00"}, NINE),
        ({"ftime": "2026-11-20T01:00:00Z"}, NINE),
        ({"ftime": "2026-11-20T03:00:00.000+02:00"}, NINE),
        ({"ftime": "2026-11-20 09:00:00.000999"}, NINE),
    ],
)
def test_times_are_shanghai_unless_they_say_otherwise(fields: dict[str, object], moment: datetime) -> None:
    scan = kuaidi100.parse(push({"context": "快件", **fields})).scans[0]
    assert scan.occurred_at == moment
    assert scan.occurred_at.tzinfo is UTC


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        "text",
        [],
        {},
        {"time": "yesterday"},
        {"time": "2026-02-30 00:00:00"},
        {"time": "0001-01-01 00:00:00"},
        {"ftime": "2026-11-20 09:00:00+99:99"},
        {"ftime": "٢٠٢٦-11-20 09:00:00"},
        {"ftime": ["2026-11-20 09:00:00"]},
    ],
)
def test_a_faulty_datum_is_set_aside_and_the_others_are_kept(bad: object) -> None:
    parsed = kuaidi100.parse(push(datum("一"), bad, datum("二")))
    assert [scan.description for scan in parsed.scans] == ["一", "二"]
    assert [problem.index for problem in parsed.problems] == [1]
    assert parsed.problems[0].message


def test_a_text_is_made_fit_for_the_database() -> None:
    scan = kuaidi100.parse(push(datum(" 已\x00揽\ud800收 " + "长" * 5_000))).scans[0]
    assert scan.description.startswith("已揽收")
    assert len(scan.description) == pushes.MAX_DESCRIPTION_CHARS
    assert len(scan.text_hash) == scans.TEXT_HASH_BYTES


@pytest.mark.rule("§8.2")
def test_the_answers_are_what_the_sender_expects() -> None:
    assert json.dumps(kuaidi100.ACCEPTED, ensure_ascii=False, separators=(",", ":")) == (
        '{"result":true,"returnCode":"200","message":"成功"}'
    )
    assert kuaidi100.refused("bad") == {"result": False, "returnCode": "500", "message": "bad"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
DATUM = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("time", "ftime", "context", "status", "statusCode"), JSON)
)
RESULT = st.fixed_dictionaries(
    {}, optional={"com": JSON, "nu": JSON, "state": JSON, "data": st.lists(DATUM | JSON) | JSON}
)


@given(st.text() | JSON.map(json.dumps) | RESULT.map(lambda result: json.dumps({"lastResult": result})))
def test_whatever_comes_is_read_or_refused(param: str) -> None:
    """Never another exception; what is read can be hashed and has a place for every row."""
    try:
        parsed = kuaidi100.parse(param)
    except errors.PushError:
        return
    assert all(len(scan.text_hash) == scans.TEXT_HASH_BYTES for scan in parsed.scans)


@given(st.binary())
def test_whatever_body_comes_is_a_form_or_refused(body: bytes) -> None:
    try:
        param, sign = kuaidi100.parse_form(body)
    except errors.PushError:
        return
    assert not kuaidi100.verify(param, sign, SALT)
