"""Write `docs/errors.md`: `python -m tests.refusals`."""

from tests.refusals import page

page.FILE.write_text(page.text(), "utf-8")
