"""The evidence pack of a ticket: whole, as its viewer may see it, and so signed that every change shows."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from db import keys as database_keys
from db import rows
from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from exports import keys, packs, pages
from exports.keys import NoKey, Public
from resolvers.context import Context
from settings import Settings
from tests import factories
from tests.exports.conftest import Served
from tests.exports.test_lists import refused
from tests.schema.world import World

Pack = dict[str, Any]
HOSTILE = "<script>alert(1)</script>&\"'\u0007\n第二行"


def path(world: World, form: str) -> str:
    """Where the pack of our ticket is."""
    return f"/exports/evidence/{world.ours.ids['Ticket']}.{form}"


async def pack_of(served: Served, viewer: Viewer, where: str) -> Pack:
    """The pack that the viewer gets there."""
    answer = await served.get(viewer, where)
    assert answer.status_code == 200, answer.text
    found: Pack = answer.json()
    return found


@pytest.mark.rule("§13.11")
async def test_it_holds_all_there_is_of_the_ticket(
    served: Served, world: World, trusted: dict[str, Public]
) -> None:
    ours = world.ours
    answer = await served.get(ours.viewer(ActorKind.STAFF), path(world, "json"))
    assert answer.headers["content-disposition"].endswith(f"evidence-{ours.ticket['number']}.json")
    pack = answer.json()
    ticket = pack["ticket"]
    assert (pack["seenAs"], ticket["number"]) == ("STAFF", ours.ticket["number"])
    actions = [record["action"] for record in ticket["records"]]
    assert actions == ["OPENED", "REPLIED", "NOTED", "ASSIGNED", "REMINDED", "ESCALATED"]
    replied = ticket["records"][1]
    assert replied["reply"]["scheme"] == {
        "code": "PROMISE_PICKUP",
        "labelZh": "承诺揽收时间",
        "labelEn": "Pickup promised",
    }
    numbers = [ours.old_parcel["waybill_number"], ours.parcel["waybill_number"]]
    assert [replied["waybillChange"][end]["waybillNumber"] for end in ("from", "to")] == numbers
    parcels = {each["waybillNumber"]: each for each in ticket["order"]["parcels"]}
    assert parcels[numbers[0]]["replacedBy"]["waybillNumber"] == numbers[1]
    assert [scan["code"] for scan in parcels[numbers[1]]["scans"]] == ["103"]
    assert [card["delivery"] for card in ticket["cards"]] == ["DELIVERED"]
    assert (ticket["complaint"]["status"], ticket["complaint"]["statement"]) == ("FILED", "已交快递")
    assert ticket["deadlineExplanation"]["deadlineAt"] == ticket["deadlineAt"]
    assert packs.verified(answer.content, trusted).whole


async def test_a_buyer_gets_what_a_buyer_may_see(served: Served, world: World) -> None:
    pack = await pack_of(served, world.ours.viewer(ActorKind.CONSUMER), path(world, "json"))
    ticket = pack["ticket"]
    assert pack["seenAs"] == "CONSUMER"
    assert [record["action"] for record in ticket["records"]] == ["OPENED", "REPLIED", "ESCALATED"]
    assert (ticket["complaint"], ticket["assignee"], ticket["moneyAtRisk"]) == (None, None, None)
    assert "内部备注" not in json.dumps(pack, ensure_ascii=False)


@pytest.mark.parametrize("form", ["json", "html"])
async def test_what_is_not_yours_is_like_what_is_not_there(served: Served, world: World, form: str) -> None:
    foreign = path(world, form)
    absent = f"/exports/evidence/tkt_{'0' * 32}.{form}"
    theirs = world.theirs
    for viewer in (*(theirs.viewer(role) for role in STRANGERS), world.ours.viewer(ActorKind.INTEGRATION)):
        answers = [await served.get(viewer, each) for each in (foreign, absent)]
        assert [refused(each) for each in answers] == [(404, "NOT_FOUND")] * 2
        assert answers[0].content == answers[1].content
    assert refused(await served.get(None, foreign)) == (401, "UNAUTHENTICATED")
    for other in ("nonsense", world.ours.ids["Order"]):
        answer = await served.get(world.ours.viewer(ActorKind.STAFF), f"/exports/evidence/{other}.{form}")
        assert refused(answer) == (404, "NOT_FOUND")


STRANGERS = (ActorKind.STAFF, ActorKind.CONSUMER, ActorKind.INTEGRATION)


async def test_a_long_story_is_told_to_its_end(served: Served, world: World, platform: Viewer) -> None:
    """Longer than a page of the API."""
    ours = world.ours
    async with served.database.transaction() as connection:
        record = {name: ours.noted[name] for name in ("shop_id", "ticket_id", "action", "actor_kind")}
        more = [
            {
                **record,
                "id": database_keys.new(),
                "position": 7 + number,
                "actor_name": "小美",
                "occurred_at": factories.now(),
                "note": f"第 {number} 次",
            }
            for number in range(450)
        ]
        await rows.insert(connection, "follow_up_record", more)
    for number in range(205):
        at = factories.now() - number * factories.HOUR
        await factories.scan(served.database, ours.parcel, occurred_at=at)
    ticket = (await pack_of(served, platform, path(world, "json")))["ticket"]
    assert [record["position"] for record in ticket["records"]] == list(range(1, 457))
    (scans,) = (each["scans"] for each in ticket["order"]["parcels"] if each["scans"])
    times = [scan["occurredAt"] for scan in scans]
    assert (len(times), times) == (206, sorted(times))


async def test_it_is_of_one_moment(
    served: Served, world: World, platform: Viewer, context: Callable[[Viewer], Context]
) -> None:
    before = await packs.collected(context(platform), world.ours.ids["Ticket"])
    await factories.record(served.database, world.ours.ticket, "NOTED", note="später")
    after = await packs.collected(context(platform), world.ours.ids["Ticket"])
    assert before["asOf"] <= after["asOf"]
    assert len(after["ticket"]["records"]) == len(before["ticket"]["records"]) + 1


async def test_without_a_key_there_is_no_pack(
    served: Served, world: World, platform: Viewer, context: Callable[[Viewer], Context]
) -> None:
    keyless = replace(served.services, settings=replace(served.services.settings, evidence_key=None))
    with pytest.raises(NoKey):
        await packs.collected(Context(keyless, platform), world.ours.ids["Ticket"])
    served.client._transport.app.state.services = keyless  # type: ignore[attr-defined]
    for address in (path(world, "json"), path(world, "html"), "/exports/evidence-keys"):
        assert refused(await served.get(platform, address)) == (503, "UNAVAILABLE")
    del context


async def test_the_public_key_is_there_for_everybody(served: Served, settings: Settings) -> None:
    answer = await served.get(None, "/exports/evidence-keys")
    signer = keys.signer(settings)
    assert answer.status_code == 200
    assert keys.read(answer.content) == {signer.key_id: signer.public}
    assert "d" not in answer.json()["keys"][0]


async def test_the_page_shows_the_whole_and_nothing_on_it_runs(
    served: Served, world: World, trusted: dict[str, Public]
) -> None:
    ours = world.ours
    await served.database.pool.execute("UPDATE orders SET item_title = $1", HOSTILE)
    await served.database.pool.execute("UPDATE reply SET note = $1", HOSTILE)
    await served.database.pool.execute("UPDATE consumer_card SET body = $1", HOSTILE)
    await served.database.pool.execute("UPDATE tracking_event SET description = $1", HOSTILE)
    await served.database.pool.execute("UPDATE complaint SET statement = $1", HOSTILE)
    answer = await served.get(ours.viewer(ActorKind.STAFF), path(world, "html"))
    text = answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    shown, embedded = text.split('<script type="application/json"', 1)
    # The page, and the two pieces of data, which browsers do not run.
    assert "<script" not in shown
    assert len(re.findall("<script", embedded)) == 1
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;") == 5
    assert not re.search(r"\b(src|href|on\w+)\s*=|url\(|@import", shown)
    for word in (
        ours.ticket["number"],
        ours.old_parcel["waybill_number"],
        "内部备注",
        "已升级投诉",
        "已送达",
    ):
        assert word in shown
    assert pages.verified(answer.content, trusted).whole
    pack = json.loads(embedded.split(">", 1)[1].split("</script>")[0])
    assert packs.verified(packs.written(pack), trusted).whole
    assert pack["ticket"]["order"]["itemTitle"] == HOSTILE


async def test_the_page_is_english_for_whom_wants_it(served: Served, world: World) -> None:
    answer = await served.get(world.ours.viewer(ActorKind.STAFF), path(world, "html"), ("locale", "en"))
    shown = answer.text.split("<script")[0]
    assert '<html lang="en">' in shown
    for word in ("Evidence of a ticket", "Follow-up records", "Not picked up in time", "Pickup promised"):
        assert word in shown
    # What people wrote is not translated; the page itself has no other Chinese.
    assert not re.search("跟进记录|投诉时间|是</td>", shown)


async def test_a_ticket_that_is_open_is_told_too(
    served: Served, world: World, trusted: dict[str, Public]
) -> None:
    open_ticket = ids.encode(IdKind.TICKET, world.ours.open_ticket["id"])
    for form, check in (("json", packs.verified), ("html", pages.verified)):
        answer = await served.get(
            world.ours.viewer(ActorKind.STAFF), f"/exports/evidence/{open_ticket}.{form}"
        )
        assert check(answer.content, trusted).whole
        assert ("REPLY_WINDOW" if form == "json" else "回复时限") in answer.text
