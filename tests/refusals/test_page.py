"""`docs/errors.md` tells what the tables hold."""

from tests.refusals import page
from tests.refusals.coverage import problem_codes


def test_the_page_is_made_from_the_tables() -> None:
    assert page.FILE.read_text("utf-8") == page.text(), "write it anew: python -m tests.refusals"


def test_the_page_names_every_problem_of_the_product() -> None:
    text = page.text()
    assert [code for code in sorted(problem_codes()) if f"`{code}`" not in text] == []
