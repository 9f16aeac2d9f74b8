"""What `--write` does to the page."""

from benchmarks.table import END, START, kept, table

ORDER = ["reads", "requests"]


def test_a_part_is_put_in_the_place_of_what_stood_there_and_leaves_the_others() -> None:
    page = f"# Benchmarks\n{START}\nas it was before there were parts\n{END}\nthe end\n"
    page = kept(page, {"requests": "old"}, ORDER)
    page = kept(page, {"reads": "first"}, ORDER)
    page = kept(page, {"requests": "new"}, ORDER)
    assert page == (f"# Benchmarks\n{START}\n### reads\nfirst\n\n### requests\nnew\n{END}\nthe end\n")


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    lines = table(("what", "measured"), [("queue page", "1 ms")])
    assert lines == ["| what       | measured |", "|------------|----------|", "| queue page | 1 ms     |"]
