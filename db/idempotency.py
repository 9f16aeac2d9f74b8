"""Keys that make a write happen once, however often it is sent; kept seven days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.errors import IdempotencyConflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.database import Connection

NO_SHOP = UUID(int=0)
"""The shop of what belongs to none."""
KEPT_DAYS = 7

_CLAIM = f"""
INSERT INTO idempotency_key AS k (shop_id, subject, operation, key, input_hash, created_at)
VALUES ($1, $2, $3, $4, $5, now())
ON CONFLICT (shop_id, subject, operation, key) DO UPDATE
SET input_hash = excluded.input_hash, outcome = NULL, created_at = excluded.created_at
WHERE k.created_at < now() - interval '{KEPT_DAYS} days'
RETURNING true"""
_KEY = "shop_id = $1 AND subject = $2 AND operation = $3 AND key = $4"
_READ = f"SELECT input_hash, outcome FROM idempotency_key WHERE {_KEY}"
_INPUTS = f"""
SELECT DISTINCT input_hash FROM idempotency_key
WHERE shop_id = ANY($1::uuid[]) AND subject = $2 AND operation = $3 AND key = $4
  AND created_at >= now() - interval '{KEPT_DAYS} days'"""
_STORE = f"UPDATE idempotency_key SET outcome = $5 WHERE {_KEY}"
_FORGET = f"DELETE FROM idempotency_key WHERE {_KEY}"


@dataclass(frozen=True, slots=True)
class Key:
    """A client's key, in its scope, and the hash of the input it came with."""

    shop_id: UUID
    subject: str
    operation: str
    key: str
    input_hash: bytes

    @property
    def name(self) -> tuple[UUID, str, str, str]:
        """The primary key."""
        return self.shop_id, self.subject, self.operation, self.key


async def claim(connection: Connection, key: Key) -> dict[str, Any] | None:
    """Take the key for this transaction: None when it is new, else the outcome stored under it.

    Waits for a transaction that holds the same key. Raises `IdempotencyConflict` when the key was used
    with other input. Call it first in a transaction (`architecture.md §2.3`, lock order).
    """
    if await connection.fetchval(_CLAIM, *key.name, key.input_hash):
        return None
    row = await connection.fetchrow(_READ, *key.name)
    if row is None or row["input_hash"] != key.input_hash:
        raise IdempotencyConflict
    outcome: dict[str, Any] = row["outcome"]
    return outcome


async def used(connection: Connection, named: Sequence[Key]) -> bool:
    """Whether one key of several shops was used in any of them; it takes no lock.

    Raises `IdempotencyConflict` when it was used with other input.
    """
    one = named[0]
    shop_ids = [key.shop_id for key in named]
    found = [row[0] for row in await connection.fetch(_INPUTS, shop_ids, *one.name[1:])]
    if any(input_hash != one.input_hash for input_hash in found):
        raise IdempotencyConflict
    return bool(found)


async def store(connection: Connection, key: Key, outcome: dict[str, Any]) -> None:
    """What to answer when the key comes again."""
    await connection.execute(_STORE, *key.name, outcome)


async def forget(connection: Connection, key: Key) -> None:
    """Leave the key unused: the call was refused though something else is committed."""
    await connection.execute(_FORGET, *key.name)
