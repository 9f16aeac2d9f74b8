"""What has an id, and what all connections share."""

from typing import TypeVar

import strawberry

from schema.fields import public_id

T = TypeVar("T")


@strawberry.interface(description="Something with an id of its own; read it again with `node`.")
class Node:
    """The interface of everything with a public id."""

    id: strawberry.ID = public_id("The public id: a prefix for the type, and 32 hex digits.")


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
