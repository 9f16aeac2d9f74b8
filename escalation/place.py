"""Where a ticket stands in the index, for people who ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from escalation.index import TIMEOUT_S, Away, claimed_key, due_key, slot_of
from live import nodes
from live.nodes import Command

if TYPE_CHECKING:
    from uuid import UUID

    from live.nodes import Client


@dataclass(frozen=True, slots=True)
class Place:
    """A ticket in its slot: since or until when it waits, until when it is claimed (epoch ms; None for not at
    all), and how many of the slot come before it.
    """

    slot: int
    due_ms: int | None
    lease_ms: int | None
    before: int | None


async def of(client: Client, shop_id: UUID, ticket_id: UUID) -> Place:
    """The place of a ticket. Raises `Away`."""
    slot, member = slot_of(shop_id), shop_id.bytes + ticket_id.bytes
    due, claimed = due_key(slot), claimed_key(slot)
    commands = ("ZSCORE", due, member), ("ZSCORE", claimed, member), ("ZRANK", due, member)
    answers = await nodes.send(client, [Command(due, each) for each in commands], TIMEOUT_S)
    for answer in answers:
        if isinstance(answer, Exception):
            raise Away(str(answer) or type(answer).__name__) from answer
    due_at, claimed_until, before = answers
    return Place(slot, _whole(due_at), _whole(claimed_until), before)


def _whole(score: float | None) -> int | None:
    return None if score is None else int(score)
