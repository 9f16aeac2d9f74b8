"""Every change of a pack or a page shows, and is named; another's key is not trusted."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports import canonical, keys, packs, pages, seals
from exports.keys import Signer

SIGNER, OTHER = Signer(b"\x17" * 32), Signer(b"\x18" * 32)
KNOWN = {SIGNER.key_id: SIGNER.public}
Json = Any


def sealed(pack: Json, signer: Signer = SIGNER) -> Json:
    """The pack with its seal."""
    return {**copy.deepcopy(pack), "seal": seals.made(signer, packs.FORM, packs._parts(pack))}


SMALL = {
    "format": packs.FORMAT,
    "asOf": "2026-11-25T00:00:00.000Z",
    "seenAs": "STAFF",
    "ticket": {
        "number": "T1",
        "round": 1,
        "assignee": None,
        "records": [{"position": 1, "note": "明天发\n<b>"}, {"position": 2, "note": ""}],
        "cards": [],
    },
}


def test_what_was_not_touched_is_whole() -> None:
    assert packs.verified(packs.written(sealed(SMALL)), KNOWN) == seals.Verdict()


def test_each_bit_of_the_file_counts() -> None:
    data = packs.written(sealed(SMALL))
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            verdict = packs.verified(bytes(changed), KNOWN)
            assert verdict != seals.Verdict(), (place, bit, bytes(changed))
            # Only a space between two words of JSON may turn into another.
            assert not verdict.whole or json.loads(bytes(changed)) == json.loads(data)


def test_each_cut_of_the_file_counts() -> None:
    data = packs.written(sealed(SMALL))
    assert [end for end in range(len(data) - 1) if packs.verified(data[:end], KNOWN).whole] == []
    assert not packs.verified(data + b"x", KNOWN).whole


def leaves(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value that holds no other."""
    if isinstance(value, dict | list) and value:
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, (*path, key))
    else:
        yield path


def put(value: Json, path: tuple[Any, ...], new: Json) -> Json:
    """A copy with something else there."""
    made = copy.deepcopy(value)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return made


@pytest.mark.rule("§13.11")
@pytest.mark.parametrize("path", list(leaves(SMALL)), ids=str)
def test_a_changed_field_is_named(path: tuple[Any, ...]) -> None:
    changed = put(sealed(SMALL), path, "something else")
    name = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)[1:]
    assert packs.verified(packs.written(changed), KNOWN).faults == (f"changed: {name}",)


def test_what_is_added_or_missing_is_named() -> None:
    pack = sealed(SMALL)
    pack["ticket"]["records"].append({"position": 3})
    del pack["ticket"]["number"]
    faults = packs.verified(packs.written(pack), KNOWN).faults
    assert faults == ("missing: ticket.number", "added: ticket.records[2].position")


def test_an_order_of_records_counts() -> None:
    pack = sealed(SMALL)
    pack["ticket"]["records"].reverse()
    assert len(packs.verified(packs.written(pack), KNOWN).faults) == 4


def test_a_number_is_no_text_and_nothing_is_no_emptiness() -> None:
    for path, new in ((("ticket", "round"), "1"), (("ticket", "assignee"), ""), (("ticket", "cards"), {})):
        assert not packs.verified(packs.written(put(sealed(SMALL), path, new)), KNOWN).whole


def test_a_key_that_looks_like_a_path_is_none() -> None:
    """Else a field could be hidden: lifted to where nobody reads it, its path would be the same."""
    pack = sealed(SMALL)
    pack["ticket.number"] = pack["ticket"].pop("number")
    assert not packs.verified(packs.written(pack), KNOWN).whole


def test_a_key_named_twice_is_refused() -> None:
    """Readers differ in which of the two they show."""
    data = packs.written(sealed(SMALL)).replace(b'"number": "T1"', b'"number": "T2", "number": "T1"')
    assert packs.verified(data, KNOWN).faults == ("it can no longer be read: it names a key twice",)


def test_spaces_and_order_do_not_count_but_are_told() -> None:
    data = json.dumps(sealed(SMALL), sort_keys=True).encode()
    verdict = packs.verified(data, KNOWN)
    assert (verdict.whole, len(verdict.remarks)) == (True, 1)


@pytest.mark.parametrize("field", sorted(seals.FIELDS))
def test_the_seal_itself_counts(field: str) -> None:
    pack = sealed(SMALL)
    for new in (None, "", "00" * 64, {}, {"format": "0" * 64}):
        assert not packs.verified(packs.written(put(pack, ("seal", field), new)), KNOWN).whole
    del pack["seal"][field]
    assert not packs.verified(packs.written(pack), KNOWN).whole


def test_who_signs_with_another_key_is_not_believed() -> None:
    forged = sealed(put(SMALL, ("ticket", "number"), "T2"), OTHER)
    (fault,) = packs.verified(packs.written(forged), KNOWN).faults
    assert OTHER.key_id in fault
    assert SIGNER.key_id in fault
    forged["seal"]["keyId"] = SIGNER.key_id
    assert not packs.verified(packs.written(forged), KNOWN).whole
    assert packs.verified(packs.written(sealed(SMALL, OTHER)), {OTHER.key_id: OTHER.public}).whole


def test_the_seal_of_another_pack_does_not_fit() -> None:
    other = sealed(put(SMALL, ("ticket", "number"), "T2"))
    assert packs.verified(packs.written({**SMALL, "seal": other["seal"]}), KNOWN).faults == (
        "changed: ticket.number",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abC1", min_size=1).map(lambda text: f"k{text}"), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_two_packs_share_a_seal_only_if_they_are_the_same(one: Json, other: Json) -> None:
    first, second = {"ticket": one}, {"ticket": other}
    same = canonical.text(first) == canonical.text(second)
    assert packs.verified(packs.written(sealed(first)), KNOWN) == seals.Verdict()
    assert packs.verified(packs.written({**second, "seal": sealed(first)["seal"]}), KNOWN).whole == same


def test_json_has_one_canonical_text() -> None:
    """The sample of RFC 8785 §3.2.2, but for its fractions."""
    sample = {
        "numbers": [333333333, 4, 0],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333,4,0],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical.text(sample) == expected.encode()
    for value in (1.5, [float("nan")], {"a": 2**53}):
        with pytest.raises(canonical.NotCanonical):
            canonical.text(value)
    for text in (b'{"a":1.0}', b'{"a":1e2}', b"NaN", b"{", b"\xff", b'{"a":1,"a":1}', b"[" * 100_000):
        with pytest.raises(canonical.NotCanonical):
            canonical.read(text)


def test_published_keys_read_back() -> None:
    assert keys.read(json.dumps(keys.published(SIGNER.public)).encode()) == KNOWN
    for text in (
        b"",
        b"{}",
        b'{"keys":[{}]}',
        b'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}',
        b'{"keys":1}',
    ):
        with pytest.raises(ValueError, match="no set of public keys"):
            keys.read(text)


# --- pages

LINES = ["<!doctype html>", "<p>明天发</p>", "<p>a", "b</p>", "</html>"]


def page(signer: Signer = SIGNER) -> bytes:
    """A small page with its seal, as `pages.written` puts it there."""
    return pages.sealed(LINES, signer)


def test_a_page_that_was_not_touched_is_whole() -> None:
    assert pages.verified(page(), KNOWN) == seals.Verdict()


def test_each_bit_of_a_page_counts() -> None:
    data = page()
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            assert not pages.verified(bytes(changed), KNOWN).whole, (place, bit)


def test_each_cut_of_a_page_counts() -> None:
    data = page()
    assert [end for end in range(len(data)) if pages.verified(data[:end], KNOWN).whole] == []


def test_a_changed_line_of_a_page_is_named() -> None:
    changed = page().replace("明天发".encode(), "昨天发".encode())
    assert pages.verified(changed, KNOWN).faults == ("changed: line 2",)


@pytest.mark.parametrize("where", ["before", "between", "after"])
def test_nothing_can_be_added_to_a_page(where: str) -> None:
    data = page()
    added = {
        "before": b"<p>more</p>\n" + data,
        "between": data.replace(b"</html>\n", b"</html>\n<p>more</p>\n"),
        "after": data + b"<p>more</p>",
    }
    assert not pages.verified(added[where], KNOWN).whole


def test_a_page_of_another_key_or_with_the_seal_of_another_is_not_whole() -> None:
    assert not pages.verified(page(OTHER), KNOWN).whole
    seal = page().rpartition(b'<script type="application/json" id="seal">')[2]
    swapped = page(OTHER).rpartition(b'<script type="application/json" id="seal">')
    assert not pages.verified(swapped[0].replace(b"<p>a", b"<p>x") + swapped[1] + seal, KNOWN).whole
    assert not pages.verified(b"<!doctype html>", KNOWN).whole
    assert not pages.verified(packs.written(sealed(SMALL)), KNOWN).whole


def test_the_seal_of_a_pack_is_none_for_a_page() -> None:
    seal = seals.made(SIGNER, packs.FORM, pages._parts([b"x"]))
    assert not seals.verdict(seal, pages.FORM, pages._parts([b"x"]), KNOWN).whole
