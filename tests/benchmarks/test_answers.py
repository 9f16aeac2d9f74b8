"""The comparison that stands before every timing: it must see what differs, and nothing else."""

import copy
from typing import Any

from benchmarks.answers import differences

OURS: dict[str, Any] = {
    "tickets": {
        "edges": [
            {"cursor": "eyJh", "node": {"id": "tkt_1", "openedAt": "2026-11-22T08:00:00.000Z", "note": None}},
            {"cursor": "eyJi", "node": {"id": "tkt_2", "openedAt": "2026-11-22T09:00:00.125Z", "note": "喂"}},
        ],
        "streamCursor": "AQ",
    }
}


def theirs(**changed: object) -> dict[str, Any]:
    """Ours, with the second ticket changed."""
    found = copy.deepcopy(OURS)
    found["tickets"]["edges"][1]["node"].update(changed)
    return found


def test_each_server_may_write_cursors_and_instants_in_its_own_way() -> None:
    other = theirs(openedAt="2026-11-22 09:00:00.125+00:00")
    other["tickets"]["edges"][1]["cursor"] = "something else"
    other["tickets"]["streamCursor"] = "*"
    assert differences(OURS, other) == []


def test_a_planted_difference_is_found_wherever_it_is() -> None:
    where = "tickets.edges[].node"
    assert differences(OURS, theirs(note="啊")) == [f"{where}.note: ours '喂', theirs '啊'"]
    assert differences(OURS, theirs(note=None)) == [f"{where}.note: ours '喂', theirs None"]
    assert differences(OURS, theirs(more=1)) == [f"{where}.more: only theirs has it"]
    assert len(differences(OURS, theirs(openedAt="2026-11-22T09:00:00.126Z"))) == 1


def test_a_missing_row_a_missing_cursor_and_another_order_are_found() -> None:
    shorter, uncursored, turned = (copy.deepcopy(OURS) for _ in range(3))
    del shorter["tickets"]["edges"][1]
    uncursored["tickets"]["edges"][0]["cursor"] = None
    turned["tickets"]["edges"].reverse()
    assert differences(OURS, shorter) == ["tickets.edges: ours has 2 entries, theirs 1"]
    assert differences(OURS, uncursored) == ["tickets.edges[].cursor: ours 'eyJh', theirs None"]
    assert len(differences(OURS, turned)) == 6


def test_what_a_peer_leaves_out_must_be_named_and_must_be_missing() -> None:
    other = copy.deepcopy(OURS)
    del other["tickets"]["streamCursor"]
    left_out = {"tickets.streamCursor"}
    assert differences(OURS, other, left_out) == []
    assert differences(OURS, other) == ["tickets.streamCursor: only ours has it"]
    assert differences(OURS, OURS, left_out) == ["tickets.streamCursor: is not left out"]


def test_true_is_not_one() -> None:
    assert differences({"more": True}, {"more": 1}) != []
    assert differences({"count": 1}, {"count": True}) != []
