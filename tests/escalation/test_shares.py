"""How a claim is shared among the slots of a Cluster."""

from hypothesis import given
from hypothesis import strategies as st

from escalation.index import SLOTS
from escalation.shares import shares

waiting = st.lists(st.integers(0, 3) | st.integers(0, 10_000), min_size=SLOTS, max_size=SLOTS)


@given(st.integers(1, 2_000), waiting)
def test_never_more_than_the_limit_and_every_slot_is_heard(limit: int, left: list[int]) -> None:
    """Where the limit allows it, each slot is asked for one at least."""
    given_ = shares(limit, left)
    assert sum(given_) <= limit
    assert min(given_) >= (1 if limit >= SLOTS else 0)


@given(st.integers(SLOTS, 2_000), waiting)
def test_a_small_slot_has_no_less_than_its_equal_share(limit: int, left: list[int]) -> None:
    """However many wait in the largest: each gets all it has, or as much as an equal share of the rest."""
    given_ = shares(limit, left)
    hungry = sum(count > 0 for count in left)
    for count, share in zip(left, given_, strict=True):
        assert share >= min(count, 1 + (limit - SLOTS) // max(hungry, 1))


def test_what_small_ones_leave_goes_to_the_flood() -> None:
    """Nothing is left over while somebody waits."""
    assert shares(500, [10_000] + [0] * 63) == [437] + [1] * 63
    assert shares(500, [2, 10_000] + [0] * 62) == [3, 435] + [1] * 62
    assert sum(shares(500, [3] * SLOTS)) == 500


def test_below_one_a_slot_others_are_asked_each_time() -> None:
    """So that none is forgotten for ever."""
    asked = [shares(4, [0] * SLOTS) for _ in range(400)]
    assert {sum(one) for one in asked} == {4}
    assert all(any(one[slot] for one in asked) for slot in range(SLOTS))
