"""A cursor holds exactly the sort keys that PostgreSQL packed into it."""

from typing import Any

import pytest

from db.database import Database
from resolvers.plan import cursors
from resolvers.plan.declared import Key, Listing
from resolvers.reads.refusals import BadCursor

ID = "01a20549-2087-7493-b31a-19133913b117"
VALUES = [
    ("timestamptz", "2026-11-25 03:04:05.678+00", "2026-11-25T03:04:05.678000+00:00"),
    ("timestamptz", "1999-12-31 23:59:59.999999+00", "1999-12-31T23:59:59.999999+00:00"),
    ("timestamptz", "infinity", "infinity"),
    ("numeric", "0.00", "0.00"),
    ("numeric", "9999999999.99", "9999999999.99"),
    ("numeric", "-1.50", "-1.50"),
    ("int", "0", "0"),
    ("int", "-2147483648", "-2147483648"),
    ("uuid", ID, ID),
    ("text", "", ""),
    ("text", "银杏小店 \\ \" '", "银杏小店 \\ \" '"),
]


@pytest.mark.parametrize(("kind", "value", "read"), VALUES)
@pytest.mark.parametrize("owned", [False, True])
async def test_what_postgresql_packed_reads_back(
    database_url: str, kind: str, value: str, read: str, *, owned: bool
) -> None:
    keys = (Key("v.value", kind), Key(f"'{ID}'::uuid", "uuid"))
    listing = Listing((), keys, ("a list",))
    mark = f"'{cursors.fingerprint(listing)}'"
    sql = cursors.sql(mark, f"'{ID}'::uuid" if owned else None, keys)
    database = await Database.connect(database_url)
    cursor: Any = await database.pool.fetchval(
        f"SELECT {sql} FROM (SELECT $1::text::{kind} AS value) v", value
    )
    await database.close()
    owner, found = cursors.decode(listing, cursor, owned=owned)
    assert found == [read, ID]
    assert str(owner) == (ID if owned else "None")
    with pytest.raises(BadCursor):
        cursors.decode(listing, cursor, owned=not owned)
    for other in (cursor.upper(), cursor[:-2], cursor + "00", "0" * 16 + cursor[16:]):
        with pytest.raises(BadCursor):
            cursors.decode(listing, other, owned=owned)
