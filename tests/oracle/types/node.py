"""What has an id, and what all connections share."""

from typing import Protocol, TypeVar

import strawberry

from tests.oracle.fields import column
from tests.oracle.reads.paging import Page

T = TypeVar("T")


@strawberry.interface(description="Something with an id of its own; read it again with `node`.")
class Node:
    """The interface of everything with a public id."""

    id: strawberry.ID = column("The public id: a prefix for the type, and 32 hex digits.")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Where a page stands."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge.")


class Missing(Exception):
    """A row that must be there was not found."""


def present(found: T | None) -> T:
    """`found`, which cannot be None while foreign keys hold and scopes agree."""
    if found is None:
        raise Missing
    return found


class _Paged(Protocol):
    @property
    def page(self) -> Page[object]: ...


def page_info(self: _Paged) -> PageInfo:
    """The page info of any connection."""
    page = self.page
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.cursors[0] if page.cursors else None,
        end_cursor=page.cursors[-1] if page.cursors else None,
    )
