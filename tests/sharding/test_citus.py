"""`cli.py migrate --citus`, as far as it can be tried without Citus: what it asks for."""

from __future__ import annotations

import asyncpg
import pytest

from db import citus
from db.citus import CitusError, Placed
from db.sharding import DISTRIBUTED, LEADERS, REFERENCE

EVERY = {
    **{name: Placed(None) for name in REFERENCE},
    **{name: Placed(by) for name, by in DISTRIBUTED.items()},
}

STAND_IN = """
CREATE TABLE placed (name regclass PRIMARY KEY, by text, beside text);
CREATE VIEW citus_tables AS SELECT name AS table_name, coalesce(by, '<none>') AS distribution_column,
  CASE WHEN by IS NULL THEN 'reference' ELSE 'distributed' END AS citus_table_type FROM placed;
CREATE FUNCTION create_reference_table(given regclass) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND (c.confrelid = given
    AND c.conrelid NOT IN (SELECT name FROM placed) OR c.conrelid = given))
  THEN RAISE 'a foreign key of % is in the way', given; END IF;
  INSERT INTO placed VALUES (given);
END $$;
CREATE FUNCTION create_distributed_table(given regclass, by text, colocate_with text) RETURNS void
LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND (c.confrelid = given
    AND c.conrelid NOT IN (SELECT name FROM placed) OR c.conrelid = given
    AND c.confrelid NOT IN (SELECT name FROM placed)) AND c.conrelid <> c.confrelid)
  THEN RAISE 'a foreign key of % is in the way', given; END IF;
  IF colocate_with <> 'none' AND by IS DISTINCT FROM
    (SELECT p.by FROM placed p WHERE p.name = colocate_with::regclass)
  THEN RAISE '% cannot lie beside %', given, colocate_with; END IF;
  INSERT INTO placed VALUES (given, by, colocate_with);
END $$;"""
"""What Citus documents of its functions: no local table may refer to a table that it has."""


async def test_every_key_holds_what_its_table_is_distributed_by(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    assert await citus.unkept(connection) == []
    await connection.close()


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("CREATE UNIQUE INDEX planted ON ticket (number)", "planted of ticket lacks shop_id"),
        ("ALTER TABLE reply ADD CONSTRAINT planted UNIQUE (id)", "planted of reply lacks shop_id"),
        ("ALTER TABLE unmatched_scan ADD CONSTRAINT planted UNIQUE (id)", "planted of unmatched_scan lacks"),
        (
            """CREATE UNIQUE INDEX t ON ticket (shop_id, order_id, id);
            ALTER TABLE event ADD CONSTRAINT planted FOREIGN KEY (ticket_id, shop_id, record_id)
            REFERENCES ticket (shop_id, order_id, id)""",
            "planted leads from event to ticket",
        ),
        (
            """CREATE UNIQUE INDEX d ON waybill_directory (waybill_number, shop_id, parcel_id);
            ALTER TABLE parcel ADD CONSTRAINT planted FOREIGN KEY (waybill_number, shop_id, id)
            REFERENCES waybill_directory (waybill_number, shop_id, parcel_id)""",
            "planted leads from parcel to waybill_directory",
        ),
    ],
)
async def test_a_key_that_could_not_be_kept_is_found(database_url: str, planted: str, fault: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(planted)
    faults = await citus.unkept(connection)
    await connection.close()
    assert any(each.startswith(fault) for each in faults), faults


async def foreign_keys(connection: asyncpg.Connection[asyncpg.Record]) -> list[str]:
    rows = await connection.fetch(
        "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS said"
        " FROM pg_constraint WHERE contype = 'f' ORDER BY 1"
    )
    return [row["said"] for row in rows]


async def test_every_table_is_handed_over_once_and_every_key_is_back(database_url: str) -> None:
    """By functions that refuse what Citus refuses."""
    connection = await asyncpg.connect(database_url)
    before = await foreign_keys(connection)
    await connection.execute(STAND_IN)
    assert await citus.hand_over(connection) == [*REFERENCE, *DISTRIBUTED]
    assert await foreign_keys(connection) == before
    assert len(before) > 20
    assert await citus.hand_over(connection) == []
    rows = await connection.fetch("SELECT name::text, by, beside FROM placed WHERE by IS NOT NULL")
    await connection.close()
    assert {row["name"]: row["beside"] for row in rows} == {
        table: "none" if table == LEADERS[by] else LEADERS[by] for table, by in DISTRIBUTED.items()
    }


async def test_what_fails_half_way_changes_nothing(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(STAND_IN)
    await connection.execute(
        "ALTER TABLE placed ADD CONSTRAINT full_up CHECK (name <> 'complaint'::regclass)"
    )
    before = await foreign_keys(connection)
    with pytest.raises(asyncpg.CheckViolationError):
        await citus.hand_over(connection)
    assert await foreign_keys(connection) == before
    assert await connection.fetchval("SELECT count(*) FROM placed") == 0
    await connection.close()


async def test_the_stand_in_refuses_a_key_that_is_in_the_way(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(STAND_IN)
    with pytest.raises(asyncpg.RaiseError, match="in the way"):
        await connection.execute("SELECT create_reference_table('shop')")
    await connection.close()


def test_after_a_new_table_only_that_one_is_missing() -> None:
    assert citus.missing(EVERY) == {}
    rest = {name: placed for name, placed in EVERY.items() if name != "complaint"}
    assert citus.missing(rest) == {"complaint": "shop_id"}


def test_a_table_distributed_in_another_way_is_refused() -> None:
    with pytest.raises(CitusError, match="ticket is distributed by id and should be distributed by shop_id"):
        citus.missing({**EVERY, "ticket": Placed("id")})
    with pytest.raises(CitusError, match="orders is a reference table and should be distributed by shop_id"):
        citus.missing({**EVERY, "orders": Placed(None)})


async def test_without_citus_it_says_so_and_changes_nothing(database_url: str) -> None:
    with pytest.raises(CitusError, match="no extension citus: install Citus on every node"):
        await citus.distribute(database_url)
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_extension WHERE extname = 'citus'") == 0
    await connection.close()
