"""How a claim is shared among slots that cannot be asked in one call (a Redis Cluster's)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def shares(limit: int, waiting: Sequence[int]) -> list[int]:
    """How many tickets to ask of each slot: never more than `limit` in all.

    `waiting`: how many the last claim left behind, by slot. Each slot is asked for one at least, so that
    what is new in it is heard of (while `limit` allows it; else others each time). The rest goes to those
    that wait, the smallest first and an equal share to each, so that one shop's flood delays no other.
    """
    if limit < len(waiting):
        chosen = set(random.sample(range(len(waiting)), limit))
        return [int(slot in chosen) for slot in range(len(waiting))]
    given = [1] * len(waiting)
    left = limit - len(waiting)
    hungry = sorted((slot for slot, count in enumerate(waiting) if count), key=lambda slot: waiting[slot])
    for rank, slot in enumerate(hungry):
        share = -(-left // (len(hungry) - rank))
        more = share if rank == len(hungry) - 1 else min(waiting[slot], share)
        given[slot] += more
        left -= more
    return given
