"""Public ids: what is written reads back, and nothing else reads at all."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import ids
from domain.ids import IdKind

SOME = UUID("019ab3c4-5d6e-7f80-9102-a3b4c5d6e7f8")
HEX = "019ab3c45d6e7f809102a3b4c5d6e7f8"


@pytest.mark.parametrize(
    ("kind", "text"),
    [(IdKind.TICKET, f"tkt_{HEX}"), (IdKind.ORDER, f"ord_{HEX}"), (IdKind.PARCEL, f"pcl_{HEX}")],
)
def test_an_id_is_its_prefix_and_32_hex_digits(kind: IdKind, text: str) -> None:
    assert ids.encode(kind, SOME) == text


@given(kind=st.sampled_from(IdKind), value=st.uuids())
def test_every_id_reads_back_as_itself_and_as_no_other_kind(kind: IdKind, value: UUID) -> None:
    text = ids.encode(kind, value)
    assert ids.decode(text) == (kind, value)
    assert {each: ids.decode_as(each, text) for each in IdKind} == {
        each: value if each is kind else None for each in IdKind
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tkt_",
        HEX,
        f"tkt-{HEX}",
        f"tkt_{HEX[:-1]}",
        f"tkt_{HEX}0",
        f"tkt_{HEX}\n",
        f" tkt_{HEX}",
        f"TKT_{HEX}",
        f"tkt_{HEX.upper()}",
        f"xyz_{HEX}",
        f"tkt_{SOME}",
        f"tkt_{HEX[:-1]}g",
        f"tkt_{HEX[:-1]}٣",
        "tkt_" + "0" * 10_000,
    ],
)
def test_what_is_no_id_of_ours_reads_as_nothing(text: str) -> None:
    assert ids.decode(text) is None


@given(st.text())
def test_no_text_at_all_makes_reading_fail(text: str) -> None:
    ids.decode(text)
    assert ids.decode_as(IdKind.TICKET, text) is None


def test_prefixes_are_three_letters_each_used_once() -> None:
    prefixes = [kind.value for kind in IdKind]
    assert len(set(prefixes)) == len(IdKind.__members__)
    assert all(len(prefix) == 3 and prefix.isalpha() for prefix in prefixes)
