"""What a case is: a document asked by somebody, and how much PostgreSQL may do for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from resolvers.plan import cursors
from resolvers.plan.declared import Key
from resolvers.reads import listings
from resolvers.reads.tickets import TicketOrderField
from tests.explain.filling import ME

if TYPE_CHECKING:
    from db.database import Database
    from domain.ids import IdKind
    from tests.explain.filling import Filled

PAGE = 51
"""Rows of a page of 50: one more tells whether there is more."""
MARK_CHARACTERS = 16
"""Of a cursor: what list it is of. The keys of a row follow."""
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`rows` and `sorted`: how many rows of growing tables may be read, and how many one sort may take.

    `group` and `name` are for people. `deep`: the cursor named so in `variables` is put half way through the
    largest shop, at these keys in hexadecimal.
    """

    group: str
    name: str
    viewer: Viewer
    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    rows: int
    sorted: int
    deep: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What cases are made of: the data, the moment, and the keys half way through each order of a shop."""

    filled: Filled
    now: datetime
    half_way: dict[str, str]

    @property
    def shops(self) -> int:
        """How many."""
        return len(self.filled.shops)

    @property
    def one(self) -> Viewer:
        """Staff of the largest shop."""
        return Viewer(ActorKind.STAFF, ME, frozenset(self.filled.shops[:1]))

    @property
    def every(self) -> Viewer:
        """Staff of every shop."""
        return Viewer(ActorKind.STAFF, ME, frozenset(self.filled.shops))

    @property
    def platform(self) -> Viewer:
        """The platform, which sees all shops without being given them."""
        return Viewer(ActorKind.PLATFORM, "root")

    @property
    def consumer(self) -> Viewer:
        """The buyer of the one order."""
        return Viewer(ActorKind.CONSUMER, self.filled.some["buyer_id"])

    @property
    def integration(self) -> Viewer:
        """A program of every shop."""
        return Viewer(ActorKind.INTEGRATION, "erp", frozenset(self.filled.shops))

    @property
    def walked(self) -> int:
        """Rows that a walk may pass before it has a page, where it is no straight range: 60 of 1,000."""
        return self.filled.tickets * 6 // 100

    def ago(self, given: timedelta) -> str:
        """The moment so long ago, for a client."""
        return (self.now - given).isoformat()

    def public(self, kind: IdKind, name: str) -> str:
        """The public id of the one thing called so."""
        return ids.encode(kind, self.filled.some[name])


async def world(database: Database, filled: Filled) -> World:
    """The world of a filled database."""
    half_way = {}
    for name, table, key in (
        *((each.value, "ticket", listings._KEYS[each]) for each in TicketOrderField),
        ("PAID_AT", "orders", Key("{t}.paid_at", "timestamptz")),
    ):
        keys = [Key(each.sql.replace("{t}", "r"), each.kind) for each in (key, listings._ID)]
        half_way[name] = await database.pool.fetchval(
            f"SELECT {cursors.sql(chr(39) * 2, None, keys)} FROM {table} r WHERE r.shop_id = $1"
            f" ORDER BY {', '.join(each.sql for each in keys)} OFFSET $2 LIMIT 1",
            filled.shops[0],
            filled.tickets // 4,
        )
    return World(filled, datetime.now(UTC), half_way)
