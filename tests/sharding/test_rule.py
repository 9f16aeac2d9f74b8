"""The rule finds what it is there to find, and nothing else."""

import pytest

from tests.sharding.rule import judge

KEEP = {
    "a parameter": "SELECT * FROM ticket WHERE shop_id = $1 AND id = $2",
    "a cast parameter": "SELECT * FROM ticket t WHERE $1::uuid = t.shop_id",
    "an array": "SELECT * FROM ticket WHERE (id = $2 AND shop_id = ANY($1::uuid[]))",
    "a list": "SELECT * FROM ticket WHERE shop_id IN ($1, $2)",
    "a join": "SELECT * FROM ticket t JOIN orders o ON o.shop_id = t.shop_id WHERE t.shop_id = $1",
    "the other way round": "SELECT * FROM orders o JOIN ticket t ON o.shop_id = t.shop_id"
    " WHERE o.shop_id = $1",
    "USING": "SELECT * FROM ticket JOIN unnest($1::uuid[]) AS n(shop_id) USING (shop_id)",
    "a LEFT JOIN": "SELECT * FROM ticket t LEFT JOIN reply r ON r.shop_id = t.shop_id WHERE t.shop_id = $1",
    "rows of parameters": "SELECT * FROM unnest($1::uuid[], $2::uuid[]) k(shop_id, id) JOIN ticket t"
    " ON t.shop_id = k.shop_id AND t.id = k.id",
    "a pair": "SELECT * FROM ticket WHERE (shop_id, id) = ($1, $2)",
    "pairs of a subquery": "SELECT * FROM ticket WHERE (shop_id, id) IN"
    " (SELECT o.shop_id, o.id FROM orders o WHERE o.shop_id = $1)",
    "LATERAL": "SELECT * FROM unnest($1::uuid[]) s(shop_id) CROSS JOIN LATERAL"
    " (SELECT id FROM ticket WHERE shop_id = s.shop_id LIMIT 9) t",
    "a subquery that is asked for one": "SELECT * FROM (SELECT s.id AS shop_id FROM shop s JOIN ticket t"
    " ON t.shop_id = s.id) q WHERE q.shop_id = $1",
    "a CTE": "WITH w AS (SELECT shop_id, id FROM ticket WHERE shop_id = $1) SELECT * FROM w JOIN reply r"
    " ON r.shop_id = w.shop_id",
    "EXISTS": "SELECT * FROM ticket t WHERE t.shop_id = $1 AND EXISTS"
    " (SELECT FROM reply r WHERE r.shop_id = t.shop_id)",
    "both sides of a UNION": "SELECT * FROM reply r JOIN (SELECT shop_id FROM ticket WHERE shop_id = $1"
    " UNION ALL SELECT shop_id FROM orders WHERE shop_id = $1) u ON u.shop_id = r.shop_id",
    "INSERT": "INSERT INTO reply (shop_id, id) VALUES ($1, $2)",
    "INSERT of rows": "INSERT INTO reply (shop_id, id) SELECT shop_id, id FROM json_populate_recordset("
    "NULL::reply, $1)",
    "UPDATE": "UPDATE ticket t SET status = n.status FROM json_populate_recordset(NULL::ticket, $1) n"
    " WHERE t.shop_id = n.shop_id AND t.id = n.id",
    "RETURNING": "WITH d AS (DELETE FROM reply WHERE shop_id = $1 RETURNING shop_id, record_id)"
    " UPDATE consumer_card c SET body = '' FROM d WHERE c.shop_id = d.shop_id",
    "a table of every node": "SELECT * FROM shop WHERE lower(name) = $1",
    "by number": "SELECT * FROM waybill_directory WHERE waybill_number = $1",
}
BREAK = {
    "nothing": "SELECT * FROM ticket WHERE id = $1",
    "a dropped shop in a join": "SELECT * FROM ticket t JOIN orders o ON o.id = t.order_id"
    " WHERE t.shop_id = $1",
    "an update without": "UPDATE ticket SET status = 'REPLIED' WHERE id = $1",
    "an update by a join without": "UPDATE ticket t SET status = n.status"
    " FROM json_populate_recordset(NULL::ticket, $1) n WHERE t.id = n.id",
    "a delete without": "DELETE FROM reply WHERE id = $1",
    "a subquery without": "SELECT * FROM ticket t"
    " WHERE t.shop_id = $1 AND t.id IN (SELECT ticket_id FROM complaint)",
    "EXISTS without": "SELECT * FROM ticket t WHERE t.shop_id = $1 AND EXISTS"
    " (SELECT FROM reply r WHERE r.record_id = t.id)",
    "a scalar subquery without": "SELECT (SELECT count(*) FROM reply) FROM ticket WHERE shop_id = $1",
    "LATERAL without": "SELECT * FROM unnest($1::uuid[]) s(shop_id) CROSS JOIN LATERAL"
    " (SELECT id FROM ticket LIMIT 9) t",
    "a CTE without": "WITH w AS (SELECT shop_id, id FROM ticket) SELECT * FROM w WHERE w.shop_id = $1",
    "a CTE that loses it": "WITH w AS (SELECT id FROM ticket WHERE shop_id = $1) SELECT * FROM w"
    " JOIN reply r ON r.id = w.id",
    "a limited subquery": "SELECT * FROM (SELECT t.shop_id FROM ticket t LIMIT 9) q WHERE q.shop_id = $1",
    "one side of a UNION": "SELECT * FROM ticket WHERE shop_id = $1 UNION ALL SELECT * FROM ticket",
    "one side of a UNION, joined": "SELECT * FROM reply r JOIN (SELECT shop_id FROM ticket WHERE shop_id = $1"
    " UNION ALL SELECT id FROM shop) u ON u.shop_id = r.shop_id",
    "the far side of a LEFT JOIN": "SELECT * FROM ticket t LEFT JOIN unnest($1::uuid[]) k(shop_id)"
    " ON k.shop_id = t.shop_id",
    "only one of two conditions": "SELECT * FROM ticket WHERE shop_id = $1 OR id = $2",
    "not equal": "SELECT * FROM ticket WHERE shop_id >= $1",
    "unless no shops are named": "SELECT * FROM ticket WHERE ($1::uuid[] IS NULL OR shop_id = ANY($1))",
    "an array of another column": "SELECT * FROM ticket WHERE shop_id = ANY(moved_by)",
    "all shops there are": "SELECT * FROM ticket t JOIN shop s ON s.id = t.shop_id",
    "INSERT without": "INSERT INTO reply (id) VALUES ($1)",
    "INSERT of a table's rows": "INSERT INTO reply (shop_id, id) SELECT id, id FROM shop",
    "a moved row": "UPDATE ticket SET shop_id = $2 WHERE shop_id = $1",
    "the table of a scan": "SELECT * FROM unmatched_scan WHERE carrier = $1",
    "a table nobody knows": "SELECT * FROM tickets WHERE shop_id = $1",
    "no SQL": "SELECT FROM WHERE (",
}


@pytest.mark.parametrize("case", KEEP)
def test_what_gives_the_shop_is_let_through(case: str) -> None:
    assert judge(KEEP[case]).faults == ()


@pytest.mark.parametrize("case", BREAK)
def test_what_does_not_is_found(case: str) -> None:
    assert len(judge(BREAK[case]).faults) == 1


def test_a_mark_excuses_its_table_and_what_is_joined_to_it_by_shop() -> None:
    marked = "SELECT * FROM ticket /* fleet-wide: due */ t JOIN orders o ON o.{} = t.{} WHERE t.id = $1"
    found = judge(marked.format("shop_id", "shop_id"))
    assert found.faults == ()
    assert found.marks == {"due"}
    assert found.tables == {"ticket", "orders"}
    assert judge(marked.format("id", "order_id")).faults == ("orders o: nothing gives its shop_id",)


def test_a_mark_that_excuses_nothing_is_not_counted() -> None:
    assert judge("SELECT * FROM ticket /* fleet-wide: due */ WHERE shop_id = $1").marks == frozenset()
