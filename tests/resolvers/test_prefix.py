"""Searching by prefix, as a range of texts in the order of code points, which is that of collation C."""

from hypothesis import example, given
from hypothesis import strategies as st

from domain.access import Viewer
from domain.events import ActorKind
from resolvers.plan.binding import Binder
from resolvers.reads import text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


@given(TEXTS, TEXTS)
@example("a\ud7ff", "a\ue000")
@example("a\U0010ffff", "a\U0010ffffb")
@example("\U0010ffff", "\U0010ffff")
@example("", "x")
@example("a\U0010ffff", "b")
def test_the_range_holds_what_begins_so_and_nothing_else(prefix: str, other: str) -> None:
    binder = Binder(Viewer(ActorKind.PLATFORM, "root"))
    begun = text.begins(binder, prefix)
    start, *end = binder.values
    assert (begun.end is None) == (not end)
    for whole in (other, prefix + other):
        within = str(start) <= whole and (not end or whole < str(end[0]))
        assert within == whole.startswith(prefix)


def test_no_end_is_a_surrogate_which_postgresql_refuses() -> None:
    binder = Binder(Viewer(ActorKind.PLATFORM, "root"))
    text.begins(binder, "\ud7ff")
    assert binder.values == ["\ud7ff", "\ue000"]
