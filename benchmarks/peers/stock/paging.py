"""Pages as Relay has them, cursors of our own."""

from __future__ import annotations

import base64

import strawberry


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    end_cursor: str | None


def cursor(*keys: object) -> str:
    """Where a row stands: url-safe base64 of its sort keys."""
    return base64.urlsafe_b64encode(" ".join(map(str, keys)).encode()).decode()


def page_info(cursors: list[str], *, more: bool) -> PageInfo:
    """What follows the rows with these cursors."""
    return PageInfo(has_next_page=more, end_cursor=cursors[-1] if cursors else None)
