"""The peers answer what ours answers, or their times would mean nothing."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from benchmarks import contest, reads
from benchmarks.answers import Unequal
from benchmarks.contest import QUEUE_PAGE, TICKET_DETAIL, Asked
from benchmarks.stage import Stage

TICKETS = 3_000
"""Sixty a shop: a page and more."""


async def test_ours_and_the_python_peers_answer_the_same(
    database_url: str, redis_url: str, server_folder: Path
) -> None:
    made = Stage(server_folder, database_url, redis_url)
    shop_ids, asked = await reads.fill(database_url, TICKETS)
    async with AsyncExitStack() as stack:
        ours = (await reads.start_ours(stack, made, database_url, shop_ids))[0]
        peers = [contest.BARE, contest.STOCK]
        others = await reads.start_peers(stack, made, database_url, asked, peers)
        for wanted in asked.values():
            for other in others:
                await contest.compare(ours, other, wanted)
        page = (await ours.answer(asked[QUEUE_PAGE][0]))["tickets"]
        assert len(page["edges"]) == 50
        assert all(len(each["node"]["followUps"]["edges"]) == 3 for each in page["edges"])
        await everything_is_shown(asked, ours)
        stranger = Asked(TICKET_DETAIL, shop_ids[0], asked[TICKET_DETAIL][1].ticket_id)
        with pytest.raises(Unequal, match="ticket detail"):
            await contest.compare(ours, Confused(others[1].peer, others[1].port), [stranger])


class Confused(contest.Running):
    """A peer that always says one field otherwise: the known-bad control."""

    async def answer(self, asked: Asked) -> object:
        found = await contest.Running.answer(self, asked)
        found["ticket"]["order"]["quantity"] += 1
        return found


async def everything_is_shown(asked: dict[str, list[Asked]], ours: contest.Running) -> None:
    """Between them, the tickets of the benchmark show every field that can be shown."""
    pages = [(await ours.answer(each))["ticket"] for each in asked[TICKET_DETAIL][:2]]
    assert {page["status"] for page in pages} == {"AWAITING_REPLY", "ESCALATED"}
    assert any(page["complaint"] for page in pages)
    assert any(page["availableReplies"] for page in pages)
    for page in pages:
        records = [each["node"] for each in page["followUps"]["edges"]]
        assert len(records) == 8
        assert any(each["reply"] and each["waybillChange"] for each in records)
        assert page["cards"]
        assert page["assignee"]
        assert page["deadlineExplanation"]["segments"]
        parcels = page["order"]["parcels"]
        assert [bool(parcel["replacedBy"]) for parcel in parcels] == [True, False]
        assert [len(parcel["trackingEvents"]["edges"]) for parcel in parcels] == [2, 4]
        assert parcels[1]["warnings"]
