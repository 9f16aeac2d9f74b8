"""What was taken off for the fill is made again as it was, and the rows are those that are measured."""

import asyncpg

from benchmarks import mass

CATALOGUE = """
SELECT conrelid::regclass::text AS of, conname AS name, pg_get_constraintdef(oid) AS said FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
ORDER BY 1, 2, 3"""


async def test_a_fill_leaves_every_key_and_index_as_it_was(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    before = await connection.fetch(CATALOGUE)
    shop_ids = await mass.fill(database_url, shops=4, tickets=800)
    assert await connection.fetch(CATALOGUE) == before
    found = await connection.fetch(
        "SELECT status, count(*) AS many, count(DISTINCT shop_id) AS shops FROM ticket GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in found] == [("AWAITING_REPLY", 80, 4), ("COMPLETED", 720, 4)]
    assert len(shop_ids) == 4
    assert await connection.fetchval("SELECT count(*) FROM follow_up_record") == 2_400
    await connection.close()


async def test_while_it_fills_the_large_tables_are_bare(database_url: str) -> None:
    """The known-bad control: the comparison above sees a missing index."""
    connection = await asyncpg.connect(database_url)
    before = await connection.fetch(CATALOGUE)
    async with connection.transaction():
        stripped = await mass.strip(connection)
        assert len(await connection.fetch(CATALOGUE)) < len(before)
        for statement in [*stripped.keys, *stripped.leads][:-1]:
            await connection.execute(statement)
        assert len(await connection.fetch(CATALOGUE)) == len(before) - 1
    await connection.close()
