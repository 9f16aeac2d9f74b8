"""A cursor reads back, and nothing else is read."""

import base64
import random
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live import cursor

POSITIONS = st.dictionaries(st.uuids(), st.integers(0, cursor.MAX_POSITION), max_size=20)


@given(POSITIONS)
def test_what_was_encoded_reads_back(positions: dict[UUID, int]) -> None:
    text = cursor.encode(positions)
    assert cursor.decode(text) == positions
    assert text == cursor.encode(dict(reversed(list(positions.items()))))
    assert text.isascii()
    assert not set(text) & set("+/= ")


@given(POSITIONS)
def test_what_postgresql_packs_is_the_same_cursor(positions: dict[UUID, int]) -> None:
    packed = b"".join(each.bytes + positions[each].to_bytes(8) for each in sorted(positions))
    assert cursor.encode_packed(packed) == cursor.encode(positions)


def test_more_shops_than_a_stream_has_are_no_cursor() -> None:
    packed = b"".join(uuid4().bytes + bytes(8) for _ in range(cursor.MAX_SHOPS + 1))
    with pytest.raises(cursor.TooManyShops):
        cursor.encode_packed(packed)


@given(POSITIONS.filter(bool), st.data())
def test_a_vector_says_the_same_after_each_move(positions: dict[UUID, int], data: st.DataObject) -> None:
    vector = cursor.Vector(positions)
    for _ in range(3):
        shop_id = data.draw(st.sampled_from(sorted(positions)))
        positions[shop_id] = data.draw(st.integers(0, cursor.MAX_POSITION))
        vector.move(shop_id, positions[shop_id])
        assert vector.text() == cursor.encode(positions)


@given(st.text(max_size=200) | st.binary(max_size=80).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(cursor.BadCursor):
        cursor.decode(text)


def test_every_change_of_one_letter_is_refused() -> None:
    text = cursor.encode({uuid4(): 7, uuid4(): 8})
    other = random.Random(1)
    for place, letter in enumerate(text):
        for changed in {other.choice("ABCDwxyz0189-_+/= \n人") for _ in range(6)} - {letter}:
            with pytest.raises(cursor.BadCursor):
                cursor.decode(text[:place] + changed + text[place + 1 :])
        with pytest.raises(cursor.BadCursor):
            cursor.decode(text[:place])
    for longer in (text + "=", text + "A", " " + text, text + "\n", text * 2):
        with pytest.raises(cursor.BadCursor):
            cursor.decode(longer)


@pytest.mark.parametrize(
    "entries",
    [
        [(b"a" * 16, 2**63)],
        [(b"b" * 16, 1), (b"a" * 16, 1)],
        [(b"a" * 16, 1), (b"a" * 16, 2)],
    ],
    ids=["a position PostgreSQL cannot hold", "shops out of order", "a shop twice"],
)
def test_a_forged_cursor_with_a_right_checksum_is_refused(entries: list[tuple[bytes, int]]) -> None:
    packed = bytes(cursor._HEAD.size) + b"".join(cursor._ENTRY.pack(*entry) for entry in entries)
    packed = cursor._HEAD.pack(cursor._VERSION, cursor._checksum(packed)) + packed[cursor._HEAD.size :]
    with pytest.raises(cursor.BadCursor):
        cursor.decode(base64.urlsafe_b64encode(packed).rstrip(b"=").decode())


def test_a_cursor_holds_200_shops_and_no_more() -> None:
    positions = {uuid4(): number for number in range(cursor.MAX_SHOPS)}
    assert cursor.decode(cursor.encode(positions)) == positions
    with pytest.raises(cursor.TooManyShops):
        cursor.encode({**positions, uuid4(): 1})
    with pytest.raises(cursor.BadCursor):
        cursor.decode("A" * 100_000)
