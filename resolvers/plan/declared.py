"""What a field of the schema may say of itself: where its value lives.

A field says it with the functions of `schema.fields`; `docs/reads.md` shows each by an example. In SQL texts
`{t}` stands for the row of the object that the field belongs to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domain.events import ActorKind
    from domain.ids import IdKind
    from resolvers.plan.binding import Binder

EVERYBODY: frozenset[ActorKind] = frozenset()
"""No restriction: whoever sees the object sees the field."""
SUBJECT = "$subject"
"""In `on`: the subject of the viewer's token."""
FEW = 1_000
"""Rows of a shop that are sorted rather than walked to: in a shop of 500,000, as much work either way."""
Arguments = dict[str, Any]
"""Arguments of a field as GraphQL read them, by their names in the schema."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A type whose objects are rows: of a `table`, under a public id of `kind`.

    `source` stands in the table's place where rows are computed: a SELECT that has `id` and `shop_id`.
    `shop_key`: the column that holds the row's shop. `indexed_by_id`: rows are found by id without a shop.
    """

    table: str
    kind: IdKind | None = None
    source: str | None = None
    shop_key: str = "shop_id"
    indexed_by_id: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What all declarations share: the roles the field is shown to; all others get `hidden` (SQL of JSON)."""

    seen_by: frozenset[ActorKind] = EVERYBODY
    hidden: str = "NULL::json"


@dataclass(frozen=True, slots=True)
class Column(Declared):
    """A column of the row; `name` where it differs from the field's in Python."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class PublicId(Declared):
    """The public id of the row."""


@dataclass(frozen=True, slots=True)
class Expression(Declared):
    """An SQL expression over the row; for consumers another one where `consumer` is given."""

    sql: str
    consumer: str | None = None


@dataclass(frozen=True, slots=True)
class Embedded(Declared):
    """An object that is made of the same row; of these `columns` {name: SQL} where there are any."""

    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class One(Declared):
    """The row of another type whose columns equal these of the row: {its column: SQL over `{t}`}.

    `when`: only if this holds for `{t}`. `last`: of several, the last by this column of its own.
    """

    on: dict[str, str]
    when: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Many(Declared):
    """All rows of another type whose columns equal these of the row, in `order` (SQL over `{r}`)."""

    on: dict[str, str]
    order: str


@dataclass(frozen=True, slots=True)
class Found(Declared):
    """One row of another type, found by arguments: `condition` gives SQL over `r`."""

    condition: Callable[[Binder, Arguments], str]


@dataclass(frozen=True, slots=True)
class Reckoned(Declared):
    """One row of `table` that is made of arguments: `source` gives its SELECT, with `id` and `shop_id`."""

    table: str
    source: Callable[[Binder, Arguments], str]


@dataclass(frozen=True, slots=True)
class Derived(Declared):
    """Rows made of the row `{t}` by a SELECT of their own, with `shop_id`, and seen by who sees `table`.

    `order`: SQL over `r`, where the field is a list.
    """

    table: str
    select: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class ByIds(Declared):
    """Rows of any type by their public ids, in their order; `argument` holds one id or a list."""

    argument: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Listed(Declared):
    """Rows of another type, found by arguments, in `order` (SQL over `r`): `most` of them, else `refusal`."""

    condition: Callable[[Binder, Arguments], str]
    order: str
    most: int
    refusal: str


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key: an SQL expression over `{t}` and its PostgreSQL type. An order's last key is unique."""

    sql: str
    kind: str


@dataclass(frozen=True, slots=True)
class Few:
    """A filter whose rows are found by an index of its own when they are few.

    `sql`: a SELECT of one column, `key`, over the shop `s.shop_id`; every row of the filter in that shop has
    one of its keys in `column`, and `condition` (SQL over `r`) tells whether a row is of the filter: it must
    lead to no index. `straight`: the same condition so that it does, which is best where rows are only
    counted; None where another table has that index. `most`: how many keys of a shop are few.
    """

    column: str
    sql: str
    condition: str
    straight: str | None = None
    most: int = FEW


@dataclass(frozen=True, slots=True)
class Walk:
    """How a long list is read: each shop is an index range of its own, and the ranges are merged.

    `shops`: the SQL of an array of shops; conditions call each `s.shop_id`. `split`: columns and the SQL of
    an array of their values, where each value is a range of its own too, as the index begins with them.
    `few`: what else than walking in order may find the rows of a shop. `lean`: a shop has few rows of the
    list, so that nothing is gained by looking first where a page ends.
    """

    shops: str
    split: tuple[tuple[str, str], ...] = ()
    few: Few | None = None
    lean: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as its arguments make it: which rows `r`, in which order.

    `about` is everything that makes it another list than the others: a cursor of one is refused by all
    others. `walk`: how to read it range by range; None where `conditions` lead to few rows. `stream`: which
    shops' streams `streamCursor` speaks of, as SQL.
    """

    conditions: tuple[str, ...]
    keys: tuple[Key, ...]
    about: tuple[object, ...]
    descending: bool = False
    walk: Walk | None = None
    stream: str | None = None


@dataclass(frozen=True, slots=True)
class Connection(Declared):
    """A list read by pages. `listing`: binder, arguments, alias of the parent's row -> Listing.

    `size`: rows of a page when the client does not say. `cap`: count no further. `node`: the type's name.
    """

    listing: Callable[[Binder, Arguments, str], Listing]
    size: int
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Python(Declared):
    """A field that Python answers: `function` of the operation and of what `inputs` (SQL over `{t}`) gave.

    The inputs are JSON values, in their order. It gives a value, or an object whose fields are plain.
    """

    inputs: tuple[str, ...]
    function: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Among(Declared):
    """Below a `Python` field: of the rows that `on` finds for `{t}`, that whose id is the object's `by`.

    `where` (SQL over `{r}` and `{t}`) narrows them further.
    """

    on: dict[str, str]
    by: str
    where: str = "true"


@dataclass(frozen=True, slots=True)
class Given(Declared):
    """A value of the viewer: SQL that `binder` gives."""

    sql: Callable[[Binder], str] = field(repr=False)
