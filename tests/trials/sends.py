"""The trial of calls that are sent again: three at once under one key, cut in the middle."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from db import database as databases
from domain import ids
from domain.ids import IdKind
from tests.trials import api, data, deadlines
from tests.trials.api import Api, NoAnswer
from tests.trials.findings import Count, Findings, Whole
from tests.trials.proxy import Proxy
from tests.trials.working import HONEST

if TYPE_CHECKING:
    from db.database import Database

SENDS = 3
AT_ONCE = 12
"""Calls under way at once, each in three sends."""
WHOLE_SHARE = 0.4
"""Of the connections; the others are cut: in the request, before the answer, or in the answer."""
LONGEST_REQUEST = 900
LONGEST_ANSWER = 400
"""Bytes after which a connection is cut at the latest: about the length of both."""
KEYLESS = "keyless"
"""Clients that send no idempotency key."""

_EFFECTS = """
SELECT (SELECT count(*) FROM follow_up_record WHERE action IN ('REPLIED', 'NOTED'))
  + (SELECT count(*) FROM ticket t JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
     WHERE o.id = ANY($1::uuid[]))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many calls."""

    calls: int


FULL = Plan(calls=1_000)
QUICK = Plan(calls=60)


@dataclass(frozen=True, slots=True)
class Call:
    """One change that is asked for."""

    token: str
    document: str
    variables: dict[str, Any]


@dataclass(slots=True)
class Outcomes:
    """What the sends of all calls came to."""

    cut: int = 0
    answered: int = 0
    refused: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)

    async def send(self, client: Api, call: Call) -> None:
        """Send a call three times at once, each until it is answered; all answers must be the same."""
        answers = await asyncio.gather(*(self._until_answered(client, call) for _ in range(SENDS)))
        self.refused += [str(each) for each in answers if "message" in each]
        self.unlike += [str(answers)] * any(each != answers[0] for each in answers)

    async def _until_answered(self, client: Api, call: Call) -> dict[str, Any]:
        while True:
            try:
                answer = await client.ask(call.token, call.document, **call.variables)
            except NoAnswer:
                self.cut += 1
            else:
                self.answered += 1
                return answer


async def sends(plan: Plan, database_url: str, kind: str, seed: int) -> Findings:
    """Notes, replies and urges through a proxy that cuts connections."""
    rng = random.Random(seed)
    outcomes = Outcomes()
    async with deadlines.prepared(database_url, HONEST, workers=0) as (database, made):
        await made.start_web()
        async with Proxy(made.web_port, lambda: _limits(rng)) as proxy:
            shop_ids, order_ids, ticket_ids = await _world(database, plan)
            client = Api(proxy.port, shop_ids, kept_open=False)
            calls = _calls(client, ticket_ids, order_ids, keyed=kind == HONEST)
            rng.shuffle(calls)
            limit = asyncio.Semaphore(AT_ONCE)

            async def send(call: Call) -> None:
                async with limit:
                    await outcomes.send(client, call)

            await asyncio.gather(*(send(call) for call in calls))
            await client.close()
        effects = await database.pool.fetchval(_EFFECTS, order_ids)
        found = await deadlines.judged(database)
        said = await asyncio.to_thread(made.web_log.read_text)
    return Findings(
        (
            Count("effects", effects, most=len(calls), least=len(calls)),
            Count("calls", len(calls), most=plan.calls, least=plan.calls),
            Count("answers", outcomes.answered, most=plan.calls * SENDS, least=plan.calls * SENDS),
            Count("attempts cut off", outcomes.cut, most=float("inf"), least=plan.calls),
            Count("refused", len(outcomes.refused)),
            Count("answered in different ways", len(outcomes.unlike)),
            Count("tracebacks", said.count("Traceback")),
            Whole(found),
        )
    )


def _limits(rng: random.Random) -> tuple[int | None, int | None]:
    if rng.random() < WHOLE_SHARE:
        return None, None
    if rng.random() < 0.5:
        return rng.randrange(LONGEST_REQUEST), None
    return None, rng.choice((1, rng.randrange(1, LONGEST_ANSWER)))


async def _world(database: Database, plan: Plan) -> tuple[list[Any], list[Any], list[Any]]:
    """Shops, orders to urge for, and tickets to reply to and to note, whose deadlines are far off."""
    async with database.transaction() as connection:
        shop_ids = await data.shops(connection, deadlines.SHOPS)
        later = await databases.now(connection) + timedelta(hours=20)
        rest = plan.calls - plan.calls // 3
        tickets = [data.awaiting(shop_ids[n % len(shop_ids)], later) for n in range(rest)]
        await data.insert(connection, tickets)
        order_ids = await data.orders(connection, shop_ids[0], plan.calls // 3)
    await api.hire(database, shop_ids)
    return shop_ids, order_ids, [ticket.id for ticket in tickets]


def _calls(client: Api, ticket_ids: list[Any], order_ids: list[Any], *, keyed: bool) -> list[Call]:
    tickets = [ids.encode(IdKind.TICKET, each) for each in ticket_ids]
    half = len(tickets) // 2
    asked = [Call(client.agent, api.NOTE, {"id": each, "note": each}) for each in tickets[:half]]
    asked += [Call(client.agent, api.REPLY, {"id": each}) for each in tickets[half:]]
    asked += [Call(client.buyer, api.URGE, {"id": ids.encode(IdKind.ORDER, each)}) for each in order_ids]
    for number, call in enumerate(asked):
        call.variables["key"] = f"call {number}" if keyed else None
    return asked
