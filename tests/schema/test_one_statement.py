"""An answer is one statement: of a query, of a mutation's payload, of a batch of events."""

from typing import Any

import asyncpg
import pytest

from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import commands, tickets
from resolvers.context import Context, Services
from resolvers.plan import running
from schema.build import schema
from schema.context import Asked
from tests.schema.conftest import Ask
from tests.schema.documents import selection
from tests.schema.test_mutations import document
from tests.schema.world import World, public

EVERYTHING = f"""query ($shop: ID!, $order: ID!) {{
  viewer {{ memberships {{ id }} }}
  shops {{ edges {{ node {{ id staff {{ edges {{ node {{ id }} }} }} }} }} }}
  tickets {{ totalCount streamCursor edges {{ cursor node {{ {selection("Ticket", 3)} }} }} }}
  closed: tickets(filter: {{status: [ESCALATED]}}, last: 5) {{ edges {{ node {{ id order {{ id }} }} }} }}
  orders {{ edges {{ node {{ id urgeDecision {{ pickup {{ allowed }} }} parcels {{ id }} }} }} }}
  node(id: $order) {{ id ... on Order {{ tickets {{ edges {{ node {{ number }} }} }} }} }}
  queueCounts(shopIds: [$shop]) {{ awaitingReply moneyAtRisk }}
}}"""
WATCH = (
    "subscription ($shops: [ID!], $after: String) { deadlineUpdates(shopIds: $shops, after: $after)"
    " { __typename ... on StreamLive { cursor }"
    f" ... on DeadlineUpdate {{ position ticket {{ {selection('Ticket', 2)} }} record {{ id note }} }} }} }}"
)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements run by plan from now on."""
    sent: list[str] = []
    run = running.run

    async def noted(database: Any, made: Any, *given: Any, **named: Any) -> list[Any]:
        sent.append(made.plan.sql)
        return await run(database, made, *given, **named)

    monkeypatch.setattr(running, "run", noted)
    return sent


@pytest.fixture
def acquired(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Each taking of a connection from now on, whatever it is for."""
    found: list[object] = []
    acquire = asyncpg.Pool.acquire

    def noted(self: Any, *given: Any, **named: Any) -> Any:
        found.append(self)
        return acquire(self, *given, **named)

    monkeypatch.setattr(asyncpg.Pool, "acquire", noted)
    return found


async def test_a_query_of_everything_is_one_statement(
    ask: Ask, world: World, services: Services, planned: list[str], acquired: list[object]
) -> None:
    await services.hub.stop() if services.hub is not None else None
    ids = world.ours.ids
    for sight in range(1, 4):
        acquired.clear()
        answer = await ask(
            world.ours.viewer(ActorKind.STAFF), EVERYTHING, shop=ids["Shop"], order=ids["Order"]
        )
        assert answer.errors == []
        assert len(answer.data["tickets"]["edges"]) == 2
        assert len(planned) == sight
        assert len(acquired) == 1


async def test_a_mutations_payload_is_one_statement(ask: Ask, world: World, planned: list[str]) -> None:
    given = {"ticketId": public(IdKind.TICKET, world.ours.open_ticket), "scheme": "COURIER_URGED"}
    answer = await ask(world.ours.viewer(ActorKind.STAFF), document("replyToTicket"), **{"in": given})
    assert answer.errors == []
    payload = answer.data["replyToTicket"]
    assert payload["ticket"]["id"]
    assert payload["record"]["id"]
    assert payload["card"]["id"]
    assert len(planned) == 1


async def test_a_batch_of_events_is_one_statement(
    world: World, services: Services, planned: list[str]
) -> None:
    viewer = world.ours.viewer(ActorKind.STAFF)
    shops = [world.ours.ids["Shop"]]

    async def watching(after: str | None) -> Any:
        variables = {"shops": shops, "after": after}
        return await schema.stream(WATCH, variable_values=variables, context_value=Asked(services, viewer))

    first = await watching(None)
    await anext(first)
    message: Any = await anext(first)
    cursor = message.data["deadlineUpdates"]["cursor"]
    await first.aclose()
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    for number in range(5):
        note = commands.AddNote(ticket_id=ticket, note=f"n{number}")
        await tickets.add_note(Context(services, viewer), note)
    planned.clear()
    resumed = await watching(cursor)
    positions = []
    for _ in range(5):
        update: Any = await anext(resumed)
        assert update.errors is None
        positions.append(update.data["deadlineUpdates"]["position"])
    await resumed.aclose()
    assert positions == sorted(set(positions))
    assert len(planned) == 1
