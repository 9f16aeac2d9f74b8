"""A ticket's deadline as its row keeps it: where it stands, and the path it came by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.exemptions import Path

if TYPE_CHECKING:
    from domain.ticket import Ticket


def path_of(ticket: Ticket) -> Path | None:
    """How the deadline was moved; None for one that stands as its window gave it."""
    if not ticket.deadline_steps or ticket.deadline_steps[-1] != ticket.deadline_at:
        return None
    return Path(ticket.deadline_steps, ticket.moved_by)


def timed(ticket: Ticket, path: Path) -> Ticket:
    """The ticket with its deadline at the end of this path."""
    moved = bool(path.moved_by)
    return replace(
        ticket, deadline_at=path.at, deadline_steps=path.steps if moved else (), moved_by=path.moved_by
    )
