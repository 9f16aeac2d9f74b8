"""What is measured is what it says: every ticket is timed anew, and the replies meanwhile are replies."""

import asyncpg
import pytest

from benchmarks import retiming

TICKETS = 1_500


@pytest.mark.trial
async def test_every_open_ticket_is_timed_anew_while_replies_go_on(database_url: str) -> None:
    found = await retiming.retiming(database_url, TICKETS, quiet_s=1)
    connection = await asyncpg.connect(database_url)
    [exemption] = await connection.fetch("SELECT id, latest_at FROM exemption")
    moved = await connection.fetchval(
        "SELECT count(*) FROM ticket WHERE status = 'AWAITING_REPLY' AND deadline_at = $1 AND moved_by = $2"
        " AND calendar_revision = 1",
        exemption["latest_at"],
        [exemption["id"]],
    )
    replied = await connection.fetchval("SELECT count(*) FROM ticket WHERE status = 'REPLIED'")
    records = await connection.fetchval(
        "SELECT count(*) FROM follow_up_record WHERE action = 'DEADLINE_MOVED'"
    )
    [change] = await connection.fetch("SELECT affected_tickets, retimed_tickets FROM calendar_change")
    await connection.close()
    assert moved + replied == TICKETS
    assert replied == len(found.before_ms) + len(found.meanwhile_ms)
    assert found.meanwhile_ms
    assert change["retimed_tickets"] == records >= moved
    assert change["affected_tickets"] <= TICKETS - len(found.before_ms)
