"""Fields that say where their value lives (`resolvers.plan.declared`); no other code reads for them."""

import functools
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar, cast

import strawberry
from strawberry.types.field import StrawberryField

from domain.events import ActorKind
from resolvers.plan import declared as says
from resolvers.plan.binding import Binder
from resolvers.plan.declared import EVERYBODY, Arguments, Listing
from resolvers.reads import listings
from schema.planned import PLANNED

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])

First = Annotated[int | None, strawberry.argument(description="How many from the start; at most 200.")]
After = Annotated[str | None, strawberry.argument(description="Begin after the edge with this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end; at most 200.")]
Before = Annotated[str | None, strawberry.argument(description="End before the edge with this cursor.")]


def column(
    description: str,
    *,
    name: str | None = None,
    of: str = "",
    seen_by: frozenset[ActorKind] = EVERYBODY,
) -> Any:  # noqa: ANN401 - stands for any field's value, here and below
    """A column of the row: of the field's own name in Python, or `of`. `name`: another GraphQL name."""
    return _said(description, says.Column(of, seen_by=seen_by), name=name)


def public_id(description: str) -> Any:  # noqa: ANN401
    """The public id of the row."""
    return _said(description, says.PublicId())


def expression(
    description: str, sql: str, *, consumer: str | None = None, seen_by: frozenset[ActorKind] = EVERYBODY
) -> Any:  # noqa: ANN401
    """An SQL expression over the row `{t}`; `consumer`: the one for consumers."""
    return _said(description, says.Expression(sql, consumer, seen_by=seen_by))


def of_viewer(description: str, sql: Callable[[Binder], str]) -> Any:  # noqa: ANN401
    """A value of the viewer."""
    return _said(description, says.Given(sql))


def embedded(description: str, **columns: str) -> Any:  # noqa: ANN401
    """An object that is made of the same row, or of these `columns`: SQL over `{t}` by name."""
    return _said(description, says.Embedded(columns))


def derived(description: str, table: str, select: str, *, order: str = "") -> Any:  # noqa: ANN401
    """Rows that a SELECT over `{t}` makes, seen by who sees `table`; with `order` (over `{r}`) a list."""
    return _said(description, says.Derived(table, select, order))


def one(
    description: str,
    on: dict[str, str],
    *,
    when: str | None = None,
    last: str | None = None,
    name: str | None = None,
    seen_by: frozenset[ActorKind] = EVERYBODY,
) -> Any:  # noqa: ANN401
    """The row of the field's type whose columns equal these: {its column: SQL over `{t}`}.

    `when`: only if this holds for `{t}`. `last`: of several, the last by this column of its own.
    """
    return _said(description, says.One(on, when, last, seen_by=seen_by), name=name)


def many(description: str, on: dict[str, str], *, order: str) -> Any:  # noqa: ANN401
    """All rows of the field's type whose columns equal these, in `order` (SQL over `{r}`)."""
    return _said(description, says.Many(on, order))


def among(description: str, on: dict[str, str], *, by: str, where: str = "true") -> Any:  # noqa: ANN401
    """Below a Python field: of the rows that `on` finds, that whose UUID is the object's attribute `by`.

    `where` (SQL over `{r}` and `{t}`) narrows them further.
    """
    return _said(description, says.Among(on, by, where))


def python(
    description: str,
    function: Callable[..., object],
    *inputs: str,
    seen_by: frozenset[ActorKind] = EVERYBODY,
    else_: str = "NULL::json",
) -> Any:  # noqa: ANN401
    """What `function` makes of the operation and these inputs: SQL over `{t}`, given as JSON values."""
    return _said(description, says.Python(inputs, function, seen_by=seen_by, hidden=else_))


def connection(
    description: str,
    listing: Callable[[Binder, Arguments, str], Listing],
    *,
    size: int,
    both_ways: bool = False,
    cap: int | None = None,
    seen_by: frozenset[ActorKind] = EVERYBODY,
) -> Any:  # noqa: ANN401
    """A list read by pages of `size`; `both_ways`: also by `last` and `before`."""
    said = says.Connection(listing, size, cap, seen_by=seen_by)
    resolver = _only_arguments(_both_ways if both_ways else _forward(size))
    # The field's own annotation says what it gives.
    del resolver.__annotations__["return"]
    return strawberry.field(resolver, description=description, metadata={"plan": said})


def planned(*, description: str, said: says.Declared) -> Callable[[F], F]:
    """A root field that is read by plan: its method only names the arguments, and is never called."""

    def field(method: F) -> F:
        made = strawberry.field(_only_arguments(method), description=description, metadata={"plan": said})
        return cast("F", made)

    return field


def plain(description: str, *, name: str | None = None) -> Any:  # noqa: ANN401
    """A field of an object that Python makes: an attribute of the field's own name."""
    return strawberry.field(description=description, name=name)


def computed(*, description: str, name: str | None = None) -> Callable[[F], F]:
    """A field that a method computes; `name`: another GraphQL name than the method's."""
    return cast("Callable[[F], F]", strawberry.field(description=description, name=name))


def watched(*, description: str) -> Callable[[F], F]:
    """A subscription."""
    return cast("Callable[[F], F]", strawberry.subscription(description=description))


def given(value: T | None) -> T | None:
    """An argument or input field; None when the client left it out."""
    return None if value is strawberry.UNSET else value


def listed(value: Sequence[T] | None) -> tuple[T, ...] | None:
    """A list the client gave, as a tuple; None when left out. Raises `TooMuch` beyond `MOST_LISTED`."""
    return listings.listed(given(value))


def _said(description: str, said: says.Declared, *, name: str | None = None) -> Any:  # noqa: ANN401
    field: StrawberryField = strawberry.field(description=description, name=name, metadata={"plan": said})
    # Its value comes from the row, not from the constructor.
    field.init = False
    return field


def _only_arguments(method: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(method)
    def resolver(*_: object, **__: object) -> object:
        return PLANNED

    return resolver


def _both_ways(
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> None:
    raise NotImplementedError


def _forward(size: int) -> Callable[..., None]:
    def named(first: First = size, after: After = strawberry.UNSET) -> None:
        raise NotImplementedError

    return named
