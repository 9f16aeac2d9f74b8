"""Policies and exemptions as clients meet them."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from domain.events import ActorKind
from resolvers.context import Services
from tests import factories
from tests.schema.conftest import Ask
from tests.schema.test_mutations import document
from tests.schema.world import World

DAY = timedelta(days=1)
COUNTS = {"affected_tickets": 5, "retimed_tickets": 4}


async def do(ask: Ask, world: World, name: str, role: ActorKind = ActorKind.PLATFORM, **given: Any) -> Any:
    answer = await ask(world.ours.viewer(role), document(name), **{"in": given})
    assert answer.errors == []
    return answer.data[name]


async def test_a_policy_is_saved_and_read_again_by_anybody(ask: Ask, world: World) -> None:
    query = (
        "query ($v: Int) { policy(market: TMALL, version: $v) { version document replyWindowHours"
        " activeFrom reminderMinutes replySchemes { code label } } }"
    )
    shipped = (await ask(world.ours.viewer(ActorKind.CONSUMER), query)).data["policy"]
    assert (shipped["version"], shipped["replyWindowHours"]) == (1, 24)
    assert shipped["replySchemes"][0] == {"code": "CHANGE_WAYBILL", "label": "修改运单号"}
    text = orjson.dumps({**orjson.loads(shipped["document"]), "replyWindowHours": 36}).decode()
    saved = await do(ask, world, "savePolicy", market="TMALL", document=text)
    assert (saved["__typename"], saved["version"], saved["document"]) == ("Policy", 2, text)
    found = (await ask(world.ours.viewer(ActorKind.STAFF), query)).data["policy"]
    assert (found["version"], found["replyWindowHours"]) == (2, 36)
    assert (await ask(world.ours.viewer(ActorKind.STAFF), query, v=1)).data["policy"] == shipped
    assert (await ask(world.ours.viewer(ActorKind.STAFF), query, v=9)).data["policy"] is None


async def test_refusals_are_members_of_the_unions(ask: Ask, world: World) -> None:
    refused = await do(ask, world, "savePolicy", market="TMALL", document="{}")
    assert (refused["__typename"], refused["path"]) == ("InvalidInput", ["input", "document"])
    assert len(refused["problems"]) == 13
    assert (await do(ask, world, "saveExemption", ActorKind.STAFF, title="x"))["__typename"] == "Forbidden"
    assert (await do(ask, world, "saveExemption"))["__typename"] == "InvalidInput"
    assert (await do(ask, world, "deleteExemption", id="exm_0"))["__typename"] == "NotFound"


async def test_an_exemption_is_saved_listed_changed_and_deleted(ask: Ask, world: World) -> None:
    now = factories.now()
    days: dict[str, Any] = {
        "from": now.isoformat(),
        "to": (now + DAY).isoformat(),
        "latestAt": (now + 9 * DAY).isoformat(),
    }
    saved = await do(ask, world, "saveExemption", title="台风", region="33", **days)
    assert (saved["__typename"], saved["end"], saved["basis"]) == ("Exemption", "EITHER", "DEADLINE")
    assert (saved["affectedTickets"], saved["retimedTickets"]) == (0, 0)
    everywhere = await do(ask, world, "saveExemption", id=saved["id"], region=None)
    assert (everywhere["title"], everywhere["region"]) == ("台风", None)
    assert everywhere["affectedTickets"] == 2  # one open ticket in each shop
    listed = "query ($at: DateTime) { exemptions(activeAt: $at) { totalCount edges { node { title } } } }"
    viewer = world.ours.viewer(ActorKind.CONSUMER)
    at = {"begin": now, "last": now + DAY - timedelta(milliseconds=1), "end": now + DAY}
    found = {name: (await ask(viewer, listed, at=each.isoformat())).data for name, each in at.items()}
    titles = {
        name: [edge["node"]["title"] for edge in each["exemptions"]["edges"]] for name, each in found.items()
    }
    assert titles == {"begin": ["台风", "春节放假"], "last": ["台风", "春节放假"], "end": ["春节放假"]}
    deleted = await do(ask, world, "deleteExemption", id=saved["id"])
    assert deleted == {"__typename": "Deleted", "id": saved["id"]}
    assert (await ask(viewer, f'{{ node(id: "{saved["id"]}") {{ id }} }}')).data == {"node": None}


@pytest.mark.rule("§5.3")
@pytest.mark.parametrize("role", [each for each in ActorKind if each is not ActorKind.SYSTEM])
async def test_a_preview_names_the_exemption_that_moves(
    ask: Ask, world: World, services: Services, role: ActorKind
) -> None:
    query = (
        "query ($in: DeadlinePreviewInput!) { deadlinePreview(input: $in) { deadlineAt policyVersion"
        " segments { reason counted exemption { id title affectedTickets } } } }"
    )
    change = {"revision": 1, "exemption_id": world.ours.exemption["id"], "changed_at": factories.now()}
    await factories.insert(services.database, "calendar_change", {**change, **COUNTS})
    start = factories.now() + timedelta(hours=1)
    asked = {"start": start.isoformat(), "market": "TAOBAO", "destinationRegion": "440305"}
    answer = await ask(world.ours.viewer(role), query, **{"in": asked})
    assert answer.errors == []
    counted, moved = answer.data["deadlinePreview"]["segments"]
    assert counted == {"reason": "REPLY_WINDOW", "counted": True, "exemption": None}
    assert moved["exemption"]["id"] == world.ours.ids["Exemption"]
    assert moved["exemption"]["affectedTickets"] == COUNTS["affected_tickets"]
    refused = await ask(world.ours.viewer(role), query, **{"in": {**asked, "windowHours": 0}})
    assert refused.codes == ["BAD_USER_INPUT"]
