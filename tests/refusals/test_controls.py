"""Planted faults: the table must find each, and name the very cases."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain import access, errors
from domain.errors import Forbidden, NotFound
from resolvers import effects, once, tickets
from resolvers.commands import AddNote
from resolvers.context import Context
from tests.refusals import cases
from tests.refusals.conftest import Fresh, faults
from tests.refusals.ground import Ground

MUTATION = "addNote"
Work = Callable[[Context, AddNote], Awaitable[Any]]
Plant = Callable[[pytest.MonkeyPatch], None]


def _before(first: Work) -> Plant:
    """Do something before the use case."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        real = tickets.add_note

        async def spoilt(context: Context, command: AddNote) -> Any:
            await first(context, command)
            return await real(context, command)

        patch.setattr(tickets, "add_note", spoilt)

    return plant


async def _write(context: Context, command: AddNote) -> None:
    if not command.note.strip():
        await context.database.pool.execute("UPDATE shop SET name = name || '!'")


async def _keep_key(context: Context, command: AddNote) -> None:
    if len(command.note) > tickets.NOTE_CHARACTERS:
        await context.database.pool.execute(
            "INSERT INTO idempotency_key (shop_id, subject, operation, key, input_hash, created_at)"
            " VALUES (gen_random_uuid(), '', '', '', '', now())"
        )


async def _publish(context: Context, command: AddNote) -> None:
    if command.ticket_id == "x":
        await effects.publish(context.services, [], [(next(iter(context.viewer.shop_ids or ())), 1)])


async def _schedule(context: Context, command: AddNote) -> None:
    if command.ticket_id == "x":
        await context.services.index._client.set("lanshou:planted", 1)


async def _break(_: Context, command: AddNote) -> None:
    if "\x00" in command.note:
        raise RuntimeError


async def _tell_all(_: Context, command: AddNote) -> None:
    if not command.note.strip():
        raise NotFound("note", path=("input", "note"))


def _other_code(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(errors.NotFound, "code", "GONE")


def _no_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tickets, "NOTE_CHARACTERS", 10**9)


def _anybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(access, "require", lambda *_: None)


def _no_role(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise Forbidden("Nobody may.")

    patch.setattr(access, "require", refuse)


def _any_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(once, "KEY_CHARACTERS", 10**9)


PLANTED: dict[str, tuple[Plant, str, str]] = {
    "a write before the refusal": (_before(_write), "note empty (a note)", "it changed shop"),
    "a key that stays": (_before(_keep_key), "note too long (a note)", "it changed idempotency_key"),
    "a hint": (_before(_publish), "ticketId malformed (a note)", "it changed published"),
    "an entry of the index": (_before(_schedule), "ticketId malformed (a note)", "it changed redis"),
    "an error that nobody meant": (_before(_break), "note zero character (a note)", "INTERNAL"),
    "another error": (_before(_tell_all), "note blank (a note)", "wanted InvalidInput"),
    "another code": (_other_code, "ticketId unknown (a note)", "wanted NOT_FOUND, got GONE"),
    "a limit that is none": (_no_limit, "note too long (a note)", "wanted InvalidInput"),
    "a door that is open": (_anybody, "a note, by the buyer", "wanted Forbidden"),
    "a door that is shut": (_no_role, "note too long (a note), by an agent", "wanted InvalidInput"),
    "a key of any length": (_any_key, "idempotencyKey too long", "wanted InvalidInput"),
}


@pytest.mark.parametrize("planted", PLANTED)
async def test_a_planted_fault_is_found(
    fresh: Fresh, ground: Ground, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    plant, case, what = PLANTED[planted]
    plant(monkeypatch)
    found = [str(fault) for fault in await faults(fresh, cases.refusals(ground, MUTATION), most=1)]
    assert any(case in fault and what in fault for fault in found), "\n".join(found)
