"""Rows by their ids: public ids of `node` and `nodes`, and keys of what a use case has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain import ids
from resolvers.reads.refusals import TooMuch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolvers.plan.binding import Binder

MOST_NODES = 200
Key = tuple[UUID, UUID]
"""(shop id, id): the primary key of a row of a shop; a shop's own is its id twice."""


def read_ids(binder: Binder, given: str | Sequence[str]) -> tuple[str, str]:
    """The SQL of the ids and of their kinds; both null for an id that is none of ours.

    Raises:
        TooMuch: with more ids than one answer holds.
    """
    public = [given] if isinstance(given, str) else list(given)
    if len(public) > MOST_NODES:
        raise TooMuch(f"At most {MOST_NODES} ids.")
    found = [ids.decode(each) for each in public]
    return (
        binder.bind([None if each is None else each[1] for each in found], "uuid[]"),
        binder.bind([None if each is None else each[0].value for each in found], "text[]"),
    )


@dataclass(slots=True)
class Batch:
    """Rows that are shown one after the other, but read together: at the first, for all `keys` of a type."""

    keys: dict[str, list[Key]] = field(default_factory=dict)
    answers: dict[Any, Any] = field(default_factory=dict)
    """What is being read or was, by what is asked of it: the executor's."""


@dataclass(frozen=True, slots=True)
class Ref:
    """What a resolver gives for an object that PostgreSQL shall write: its type's name and its key.

    It is read as it stands when the answer is written, scoped to the viewer. All that are given in one answer
    are read by one statement; those of a `batch` by one for all its answers.
    """

    kind: str
    key: Key
    batch: Batch | None = None
