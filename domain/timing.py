"""A ticket's deadline as its row keeps it: where it stands, and the path it came by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.exemptions import Path

if TYPE_CHECKING:
    from domain.ticket import Ticket


def path_of(ticket: Ticket) -> Path | None:
    """How the deadline was moved, or stood when the clock was stopped; None where the window gave it."""
    steps = ticket.deadline_steps
    if not steps or (ticket.deadline_at is not None and steps[-1] != ticket.deadline_at):
        return None
    return Path(steps, ticket.moved_by)


def timed(ticket: Ticket, path: Path, revision: int) -> Ticket:
    """The ticket with its deadline at the end of this path, by the rules of this revision."""
    moved = bool(path.moved_by)
    return replace(
        ticket,
        deadline_at=path.at,
        deadline_steps=path.steps if moved else (),
        moved_by=path.moved_by,
        calendar_revision=revision,
    )
