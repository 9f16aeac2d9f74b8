"""Fields that are columns of a row: declared once, for the executor now and for the compiler later."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar, cast

import strawberry
from strawberry.types.field import StrawberryField

from domain import ids
from resolvers.reads.refusals import TooMuch

MOST_LISTED = 200
"""Entries of a filter: as many as a stream has shops."""

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])


def column(description: str, *, name: str | None = None) -> Any:
    """A field that is the column of the same name of the object's `row`; `name`: another GraphQL name."""
    field: StrawberryField = strawberry.field(description=description, name=name, metadata={"column": True})
    # Its value comes from the row, not from the constructor.
    field.init = False
    return field


def computed(*, description: str, name: str | None = None) -> Callable[[F], F]:
    """A field that a method computes; `name`: another GraphQL name than the method's."""
    return cast("Callable[[F], F]", strawberry.field(description=description, name=name))


def resolve(source: Any, name: str) -> object:
    """The default resolver: an attribute of the object's row, else of the object itself."""
    row = getattr(source, "row", None)
    if row is None:
        return getattr(source, name)
    if name == "id":
        return ids.encode(source.id_kind, row.id)
    return getattr(row, name)


def given(value: T | None) -> T | None:
    """An argument or input field; None when the client left it out."""
    return None if value is strawberry.UNSET else value


def listed(value: Sequence[T] | None) -> tuple[T, ...] | None:
    """A list the client gave, as a tuple; None when left out. Raises `TooMuch` beyond `MOST_LISTED`."""
    found = given(value)
    if found is not None and len(found) > MOST_LISTED:
        raise TooMuch(f"A list holds at most {MOST_LISTED} entries.")
    return None if found is None else tuple(found)


First = Annotated[int | None, strawberry.argument(description="How many from the start; at most 200.")]
After = Annotated[str | None, strawberry.argument(description="Begin after the edge with this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end; at most 200.")]
Before = Annotated[str | None, strawberry.argument(description="End before the edge with this cursor.")]
