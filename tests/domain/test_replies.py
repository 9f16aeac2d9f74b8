"""The nine schemes, and what makes a reply faulty (`domain.md §6`)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import replies
from domain.errors import InvalidInput
from domain.replies import NOTE_CHARACTERS, PROOFS, SCHEMES, ReplyFields, ReplyRequirement
from domain.ticket_words import TicketKind

NOW = datetime(2026, 11, 22, 8, 0, 0, 123_000, tzinfo=UTC)
MS = timedelta(milliseconds=1)
PICKUP, SHIPMENT = TicketKind.URGE_PICKUP, TicketKind.URGE_SHIPMENT
BOTH = (PICKUP, SHIPMENT)
PROOF = "https://img.example/proof.jpg"

# code, zh, kinds, requires, longest promise in hours: the table of domain.md §6, written out again.
TABLE: tuple[tuple[str, str, tuple[TicketKind, ...], str, int], ...] = (
    ("CHANGE_WAYBILL", "修改运单号", (PICKUP,), "WAYBILL", 24),
    ("PROMISE_PICKUP", "承诺揽收时间", BOTH, "PROMISED_TIME", 48),
    ("COURIER_URGED", "已联系快递揽收", (PICKUP,), "", 24),
    ("SCAN_MISSING", "已交快递，揽收信息未更新", (PICKUP,), "PROOF", 24),
    ("REFUND_AGREED", "已与买家协商退款", BOTH, "NOTE", 72),
    ("OUT_OF_STOCK", "缺货无法发出", BOTH, "NOTE", 24),
    ("BUYER_ASKED_LATER", "买家要求延后", BOTH, "NOTE PROMISED_TIME", 15 * 24),
    ("ADDRESS_PROBLEM", "收货地址问题", BOTH, "NOTE", 48),
    ("FORCE_MAJEURE", "不可抗力（已报备）", BOTH, "NOTE", 7 * 24),
)
CODES = tuple(row[0] for row in TABLE)
HOURS = {row[0]: row[4] for row in TABLE}
FIELD = {"WAYBILL": "waybill", "PROMISED_TIME": "promisedPickupAt", "NOTE": "note", "PROOF": "proofUrls"}


def _enough(code: str, *, promised_at: datetime | None = None) -> ReplyFields:
    """Exactly what the scheme requires; a promised time if one is given or required."""
    needs = dict(zip(CODES, (row[3].split() for row in TABLE), strict=True))[code]
    return ReplyFields(
        note="已电话沟通" if "NOTE" in needs else None,
        promised_at=promised_at or (NOW + timedelta(hours=1) if "PROMISED_TIME" in needs else None),
        waybill=("YTO", "YT1234567890123") if "WAYBILL" in needs else None,
        proof_urls=(PROOF,) if "PROOF" in needs else (),
    )


def _faults(code: str, fields: ReplyFields, kind: TicketKind = PICKUP) -> list[tuple[str, str]]:
    """(code, path below input) of every problem; empty when the reply is taken."""
    try:
        replies.check(code, kind, fields, NOW)
    except InvalidInput as caught:
        refused = caught
    else:
        return []
    assert (refused.message, refused.path) == (refused.problems[0].message, refused.problems[0].path)
    assert all(problem.path[0] == "input" for problem in refused.problems)
    return [(problem.code, ".".join(problem.path[1:])) for problem in refused.problems]


@pytest.mark.rule("§6.1", "§6.2")
def test_the_schemes_are_the_nine_of_the_design_word_by_word() -> None:
    found = tuple(
        (
            scheme.code,
            scheme.label_zh,
            scheme.kinds,
            " ".join(scheme.requires),
            scheme.longest_promise / timedelta(hours=1),
        )
        for scheme in SCHEMES
    )
    assert found == TABLE
    assert all(scheme.stops_clock for scheme in SCHEMES)
    assert [scheme.takes_waybill for scheme in SCHEMES] == [True] + [False] * 8
    assert {code: scheme.code for code, scheme in replies.BY_CODE.items()} == dict(
        zip(CODES, CODES, strict=True)
    )


@pytest.mark.rule("§6.1")
def test_labels_are_english_for_english_locales_and_chinese_for_all_others() -> None:
    scheme = SCHEMES[0]
    english = [scheme.label(locale) for locale in ("en", "EN", "en-GB", "en_US")]
    assert english == ["Waybill changed"] * 4
    assert [scheme.label(locale) for locale in ("zh-CN", "zh", "fr", "")] == ["修改运单号"] * 4
    assert len({each.label_en for each in SCHEMES}) == len(SCHEMES)


@pytest.mark.parametrize("kind", TicketKind)
def test_a_kind_is_offered_the_schemes_that_serve_it_in_order(kind: TicketKind) -> None:
    offered = [scheme.code for scheme in replies.schemes_for(kind)]
    assert offered == [row[0] for row in TABLE if kind in row[2]]


@pytest.mark.parametrize("kind", TicketKind)
@pytest.mark.parametrize("code", CODES)
def test_what_a_scheme_requires_is_enough_for_the_kinds_it_serves(code: str, kind: TicketKind) -> None:
    serves = kind in dict(zip(CODES, (row[2] for row in TABLE), strict=True))[code]
    assert _faults(code, _enough(code), kind) == ([] if serves else [("UNKNOWN_SCHEME", "scheme")])


@pytest.mark.parametrize("code", ["", "change_waybill", "CHANGE_WAYBILL ", "NOPE"])
def test_a_scheme_goes_by_its_exact_code(code: str) -> None:
    assert _faults(code, ReplyFields()) == [("UNKNOWN_SCHEME", "scheme")]


@pytest.mark.rule("§6.4")
@pytest.mark.parametrize(("code", "needs"), [(row[0], row[3].split()) for row in TABLE])
def test_every_missing_requirement_is_named(code: str, needs: list[str]) -> None:
    assert _faults(code, ReplyFields()) == [("REQUIRED", FIELD[need]) for need in needs]


@pytest.mark.parametrize("note", ["", " ", "\n\t　"])
def test_a_blank_note_is_none(note: str) -> None:
    assert _faults("REFUND_AGREED", ReplyFields(note=note)) == [("REQUIRED", "note")]
    assert replies.check("COURIER_URGED", PICKUP, ReplyFields(note=note), NOW).note is None


@pytest.mark.parametrize("waybill", [("", ""), ("YTO", " "), (" ", "YT1234567890123")])
def test_a_blank_waybill_is_none(waybill: tuple[str, str]) -> None:
    assert _faults("CHANGE_WAYBILL", ReplyFields(waybill=waybill)) == [("REQUIRED", "waybill")]


def test_only_a_changed_waybill_takes_a_waybill() -> None:
    fields = ReplyFields(waybill=("YTO", "YT1234567890123"))
    assert _faults("COURIER_URGED", fields) == [("NOT_TAKEN", "waybill")]


@pytest.mark.rule("§6.4")
@pytest.mark.parametrize("code", CODES)
def test_a_promise_lies_in_the_future_and_not_beyond_the_longest(code: str) -> None:
    longest = NOW + timedelta(hours=HOURS[code])
    past, late = [("IN_THE_PAST", "promisedPickupAt")], [("TOO_LATE", "promisedPickupAt")]
    found = {at: _faults(code, _enough(code, promised_at=at)) for at in (NOW - MS, NOW, NOW + MS)}
    assert found == {NOW - MS: past, NOW: past, NOW + MS: []}
    found = {at: _faults(code, _enough(code, promised_at=at)) for at in (longest - MS, longest, longest + MS)}
    assert found == {longest - MS: [], longest: [], longest + MS: late}


def test_a_promise_is_judged_as_an_instant_in_whatever_zone_it_came() -> None:
    beijing = timezone(timedelta(hours=8))
    promised = (NOW + timedelta(hours=2)).astimezone(beijing)
    reply = replies.check("PROMISE_PICKUP", PICKUP, ReplyFields(promised_at=promised), NOW)
    assert reply.promise_ends_at == NOW + timedelta(hours=2)


@pytest.mark.rule("§6.3")
@pytest.mark.parametrize("code", [row[0] for row in TABLE if "PROMISED_TIME" not in row[3]])
def test_with_no_time_given_the_promise_ends_at_the_longest(code: str) -> None:
    reply = replies.check(code, PICKUP, _enough(code), NOW)
    assert (reply.promised_at, reply.promise_ends_at) == (None, NOW + timedelta(hours=HOURS[code]))


@pytest.mark.rule("§6.3")
@pytest.mark.parametrize("code", CODES)
def test_with_a_time_given_the_promise_ends_then(code: str) -> None:
    at = NOW + timedelta(hours=3, milliseconds=7)
    reply = replies.check(code, PICKUP, _enough(code, promised_at=at), NOW)
    assert (reply.scheme.code, reply.promised_at, reply.promise_ends_at) == (code, at, at)


@pytest.mark.rule("§6.5")
@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://a.example", True),
        ("https://a.example:8443/x?y=z#f", True),
        ("HTTPS://A.EXAMPLE/x", True),
        ("https://图片.example/凭证.png", True),
        ("https://[::1]/x", True),
        ("https://a.example/" + "x" * (2_000 - len("https://a.example/")), True),
        ("https://a.example/" + "x" * (2_001 - len("https://a.example/")), False),
        ("", False),
        ("http://a.example/x", False),
        ("ftp://a.example/x", False),
        ("javascript:alert(1)", False),
        ("data:image/png;base64,AAAA", False),
        ("//a.example/x", False),
        ("a.example/x", False),
        ("https:a.example", False),
        ("https://", False),
        ("https:///x", False),
        ("https://:443/x", False),
        ("https://[::1/x", False),
        ("https://a.example:port/", False),
        ("https://a.example:99999/", False),
        ("https://a.example:0/", False),
        ("https://user@a.example/x", False),
        ("https://user:pw@a.example/x", False),
        ("https://@a.example/x", False),
        (" https://a.example/x", False),
        ("https://a.example/x ", False),
        ("https://a.example/x\n", False),
        ("https://a.exa\tmple/x", False),
        ("https://a.example/x\x00", False),
        ("https://a.example/x\x7f", False),
        ("https://a.example/\u202egpj.exe", False),
        ("https://a.example/\u3000", False),
        ("https://a.example/\ud800", False),
    ],
)
def test_a_proof_is_an_https_link(url: str, taken: bool) -> None:  # noqa: FBT001
    faults = _faults("SCAN_MISSING", ReplyFields(proof_urls=(PROOF, url)))
    assert faults == ([] if taken else [("NOT_HTTPS", "proofUrls.1")])


def test_proofs_are_kept_as_they_came_at_most_nine_with_any_scheme() -> None:
    urls = tuple(f"{PROOF}?{index}" for index in range(PROOFS + 1))
    assert (
        replies.check("COURIER_URGED", PICKUP, ReplyFields(proof_urls=urls[1:]), NOW).proof_urls == urls[1:]
    )
    assert _faults("COURIER_URGED", ReplyFields(proof_urls=urls)) == [("TOO_MANY", "proofUrls")]


def test_a_note_has_at_most_2000_characters_and_no_zero() -> None:
    assert NOTE_CHARACTERS == 2_000
    assert _faults("COURIER_URGED", ReplyFields(note=" " + "催" * 2_000 + "\n")) == []
    assert _faults("COURIER_URGED", ReplyFields(note="催" * 2_001)) == [("TOO_LONG", "note")]
    assert _faults("COURIER_URGED", ReplyFields(note="a\x00b")) == [("BAD_CHARACTER", "note")]


def test_a_note_is_kept_without_its_outer_blanks() -> None:
    assert replies.check("COURIER_URGED", PICKUP, ReplyFields(note="  已催\n"), NOW).note == "已催"


@pytest.mark.rule("§6.4")
@pytest.mark.parametrize(
    ("code", "kind", "first"),
    [
        ("BUYER_ASKED_LATER", PICKUP, [("REQUIRED", "note"), ("NOT_TAKEN", "waybill")]),
        ("CHANGE_WAYBILL", SHIPMENT, [("UNKNOWN_SCHEME", "scheme")]),
        ("NOPE", PICKUP, [("UNKNOWN_SCHEME", "scheme")]),
    ],
)
def test_every_faulty_field_is_named_at_once(
    code: str, kind: TicketKind, first: list[tuple[str, str]]
) -> None:
    """Also beside a scheme that is unknown or of the other kind."""
    fields = ReplyFields(
        promised_at=NOW, waybill=("YTO", "YT1234567890123"), proof_urls=("http://a.example", PROOF, "x")
    )
    rest = [("IN_THE_PAST", "promisedPickupAt"), ("NOT_HTTPS", "proofUrls.0"), ("NOT_HTTPS", "proofUrls.2")]
    assert _faults(code, fields, kind) == first + rest


def test_the_requirements_are_the_four_of_the_contract() -> None:
    assert [need.value for need in ReplyRequirement] == ["WAYBILL", "PROMISED_TIME", "NOTE", "PROOF"]


_FIELDS = st.builds(
    ReplyFields,
    note=st.none() | st.text(max_size=30),
    promised_at=st.none()
    | st.integers(-1_000, 16 * 86_400_000).map(lambda ms: NOW + timedelta(milliseconds=ms)),
    waybill=st.none() | st.tuples(st.text(max_size=5), st.text(max_size=20)),
    proof_urls=st.lists(st.just(PROOF) | st.text(max_size=40), max_size=11).map(tuple),
)


@given(code=st.sampled_from(CODES), kind=st.sampled_from(TicketKind), fields=_FIELDS)
def test_a_reply_that_is_taken_meets_its_scheme(code: str, kind: TicketKind, fields: ReplyFields) -> None:
    try:
        reply = replies.check(code, kind, fields, NOW)
    except InvalidInput:
        return
    assert kind in reply.scheme.kinds
    assert NOW < reply.promise_ends_at <= NOW + timedelta(hours=HOURS[code])
    given = {
        "WAYBILL": fields.waybill,
        "PROMISED_TIME": reply.promised_at,
        "NOTE": reply.note,
        "PROOF": reply.proof_urls,
    }
    assert all(given[need] for need in reply.scheme.requires)
    assert all(url.lower().startswith("https://") for url in reply.proof_urls)
