"""Somebody who uses the API of a trial's web process: asks, urges, replies."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import time_machine

from domain import ids
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import staff, tokens
from settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from db.database import Database

JWT_KEY = "the key of a trial, which nobody else has"
TOKENS_LAST = timedelta(days=30)
ISSUED_AGO = timedelta(days=2)
"""Farther than any clock is moved: the web process goes by its own when it judges a token."""
AGENT = "agent"
BUYER = "buyer"
PATIENCE_S = 40.0

QUEUE = "query Queue($shop: ID!) { tickets(filter: { shopIds: [$shop] }, first: 20) { totalCount } }"
URGE = """
mutation Urge($id: ID!, $key: String) {
  urgePickup(input: { orderId: $id, idempotencyKey: $key }) {
    __typename ... on UrgePayload { position ticket { id } } ... on UserError { message }
  }
}"""
REPLY = """
mutation Reply($id: ID!, $key: String) {
  replyToTicket(input: { ticketId: $id, scheme: "COURIER_URGED", idempotencyKey: $key }) {
    __typename ... on TicketPayload { position record { id } } ... on UserError { message }
  }
}"""
NOTE = """
mutation Note($id: ID!, $note: String!, $key: String) {
  addNote(input: { ticketId: $id, note: $note, idempotencyKey: $key }) {
    __typename ... on TicketPayload { position record { id } } ... on UserError { message }
  }
}"""


class NoAnswer(Exception):
    """No answer came, or one that says that nothing could be done; the text says which."""


class Api:
    """The web process on `port`, with a token of an agent of all `shop_ids` and one of the buyer."""

    def __init__(
        self,
        port: int,
        shop_ids: Sequence[UUID],
        *,
        key: str = JWT_KEY,
        kept_open: bool = True,
        lasts: timedelta = TOKENS_LAST,
    ) -> None:
        settings = Settings(jwt_key=key)
        with time_machine.travel(datetime.now(UTC) - ISSUED_AGO):
            self._issue(settings, shop_ids, lasts)
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            timeout=PATIENCE_S,
            limits=httpx.Limits(max_keepalive_connections=20 if kept_open else 0),
        )

    def _issue(self, settings: Settings, shop_ids: Sequence[UUID], lasts: timedelta) -> None:
        self.agent = tokens.issue(settings, ActorKind.STAFF, AGENT, list(shop_ids), owner=False, ttl=lasts)
        self.buyer = tokens.issue(settings, ActorKind.CONSUMER, BUYER, None, owner=False, ttl=lasts)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def ask(self, token: str, document: str, **variables: Any) -> dict[str, Any]:
        """The one field's answer; raises `NoAnswer` unless it is a 200 without errors."""
        try:
            answer = await self._client.post(
                "/graphql",
                json={"query": document, "variables": variables},
                headers={"authorization": f"Bearer {token}"},
            )
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NoAnswer(f"{type(error).__name__} {error}") from error
        if answer.status_code != httpx.codes.OK or "errors" in said:
            raise NoAnswer(f"{answer.status_code} {answer.text[:300]}")
        field_: dict[str, Any] = next(iter(said["data"].values()))
        return field_


async def hire(database: Database, shop_ids: Sequence[UUID]) -> None:
    """Make the agent a member of the shops."""
    for shop_id in shop_ids:
        await staff.ensure_member(database, shop_id, AGENT, owner=False)


@dataclass(slots=True)
class Custom:
    """What came of using the API all the while: how often it was asked, and said that it cannot (which it may
    where PostgreSQL is in trouble); what went wrong, how long the slowest answer took; the tickets it
    acknowledged as opened, and as replied to; how many of these the database does not show.
    """

    slowest_allowed_s: float
    may_be_unavailable: bool = False
    unavailable: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    opened: list[str] = field(default_factory=list)
    replied: list[str] = field(default_factory=list)
    unkept: int = 0

    @property
    def passed(self) -> bool:
        """Every call was answered as it should be, in time, and what was acknowledged is there."""
        return (
            self.asked > self.unavailable
            and not self.wrong
            and not self.unkept
            and self.slowest_s <= self.slowest_allowed_s
        )

    def __str__(self) -> str:
        first = f" (first: {self.wrong[0]})" if self.wrong else ""
        return (
            f"API: {self.asked} calls, {self.unavailable} UNAVAILABLE, {len(self.wrong)} wrong{first}, "
            f"slowest {self.slowest_s:.2f} s, {len(self.opened)} opened, {len(self.replied)} replied, "
            f"{self.unkept} not kept"
        )

    async def use(self, api: Api, shop_id: UUID, order_ids: Sequence[UUID], over: asyncio.Event) -> None:
        """Look at the queue, urge for the next order, reply to every second ticket, until `over`."""
        left = [ids.encode(IdKind.ORDER, order_id) for order_id in order_ids]
        shop = ids.encode(IdKind.SHOP, shop_id)
        while not over.is_set():
            await self._call(api, api.agent, QUEUE, shop=shop)
            if left:
                urged = await self._call(api, api.buyer, URGE, id=left.pop())
                ticket = urged["ticket"]["id"] if urged and "ticket" in urged else None
                if ticket is not None:
                    self.opened.append(ticket)
                if (
                    ticket is not None
                    and len(self.opened) % 2
                    and await self._call(api, api.agent, REPLY, id=ticket)
                ):
                    self.replied.append(ticket)
            await asyncio.sleep(0.1)

    async def check(self, database: Database) -> None:
        """Count what was acknowledged and is not there."""
        rows = await database.pool.fetch("SELECT id, replied_at IS NOT NULL AS replied FROM ticket")
        there = {row["id"]: row["replied"] for row in rows}
        opened, replied = (
            [ids.decode_as(IdKind.TICKET, each) for each in many] for many in (self.opened, self.replied)
        )
        self.unkept = sum(each not in there for each in opened) + sum(not there.get(each) for each in replied)

    async def _call(self, api: Api, token: str, document: str, **variables: Any) -> dict[str, Any] | None:
        started = time.monotonic()
        self.asked += 1
        try:
            answer = await api.ask(token, document, **variables)
        except NoAnswer as error:
            if self.may_be_unavailable and '"UNAVAILABLE"' in str(error):
                self.unavailable += 1
            else:
                self.wrong.append(str(error))
            return None
        finally:
            self.slowest_s = max(self.slowest_s, time.monotonic() - started)
        if "message" in answer:
            self.wrong.append(f"{answer['__typename']}: {answer['message']}")
            return None
        return answer
