"""The main job from end to end: a running copy, watched with the npm packages that clients are built on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import ANY

import pytest

from tests.story.conftest import SALT
from tests.story.copy import Copy, signed
from tests.story.shop import Shop, Sold
from tests.story.watcher import Said, Transport, Watcher

WINDOW = timedelta(seconds=6)
LATE_AT_MOST = timedelta(seconds=2)
FORBIDDEN = 4403
RESTARTING = 1012


@pytest.fixture
def shop(lanshou: Copy) -> Shop:
    return Shop(lanshou)


def watch(node: str, transport: Transport, shop: Shop, token: str | None = None) -> Watcher:
    return Watcher(node, transport, shop.copy.url, token or shop.staff, shopIds=[shop.id])


def begun(watcher: Watcher) -> None:
    """Read what a stream of a shop without tickets begins with."""
    watcher.connected()
    assert watcher.message() == {
        "__typename": "DeadlineSnapshot",
        "cursor": ANY,
        "serverTime": ANY,
        "truncated": False,
        "tickets": [],
        "counts": [{"awaitingReply": 0, "replied": 0}],
    }
    assert watcher.message() == {"__typename": "StreamLive", "cursor": ANY, "serverTime": ANY}


def seen(watchers: list[Watcher], within_s: float = 5) -> Said:
    """The next message, which all watchers must be given alike."""
    first, *others = [watcher.message(within_s) for watcher in watchers]
    for other in others:
        assert {**other, "serverTime": ANY} == first
    return first


def row(sold: Sold, ticket: dict[str, Any], **different: object) -> dict[str, Any]:
    """A ticket as the subscription shows it; what is not said is as after the opening."""
    opened = {
        "id": ticket["id"],
        "version": 1,
        "status": "AWAITING_REPLY",
        "outcome": None,
        "round": 1,
        "urgency": "CRITICAL",
        "openedAt": text(at(ticket["deadlineAt"]) - WINDOW),
        "deadlineAt": ticket["deadlineAt"],
        "promiseEndsAt": None,
        "escalatedAt": None,
        "order": {"number": sold.number},
    }
    return {**opened, **different}


def update(shop: Shop, position: int, action: str, **different: object) -> dict[str, Any]:
    """A DeadlineUpdate; its record and ticket are given."""
    message = {
        "__typename": "DeadlineUpdate",
        "cursor": ANY,
        "serverTime": ANY,
        "shopId": shop.id,
        "position": position,
        "action": action,
        "occurredAt": ANY,
    }
    return {**message, **different}


def record(position: int, action: str, actor: str, **different: object) -> dict[str, Any]:
    """A follow-up record as the subscription shows it."""
    plain = {"note": None, "reply": None, "deadlineBefore": None, "deadlineAfter": None}
    return {"position": position, "action": action, "actor": {"kind": actor}, **plain, **different}


def opening(shop: Shop, sold: Sold, ticket: dict[str, Any], position: int) -> dict[str, Any]:
    opened = record(1, "OPENED", "CONSUMER", deadlineAfter=ticket["deadlineAt"])
    return update(shop, position, "OPENED", record=opened, ticket=row(sold, ticket))


@pytest.mark.slow
def test_the_whole_story_is_seen_by_both_clients_alike(shop: Shop, node: str) -> None:
    """Urged and replied, urged and picked up, urged and left alone: each step once, in order."""
    answered, collected, left = shop.sell(), shop.sell(), shop.sell()
    with watch(node, "ws", shop) as ws, watch(node, "sse", shop) as sse:
        watchers = [ws, sse]
        for watcher in watchers:
            begun(watcher)
        first = urged(shop, answered, 1)
        assert seen(watchers) == opening(shop, answered, first, 1)
        reply_is_seen(shop, watchers, answered, first)
        third = urged(shop, left, 3)
        assert seen(watchers) == opening(shop, left, third, 3)
        second = urged(shop, collected, 4)
        assert seen(watchers) == opening(shop, collected, second, 4)
        pickup_is_seen(shop, watchers, collected, second)
        complaint_is_seen(shop, watchers, left, third)
        for watcher in watchers:
            watcher.assert_silent(1)


def reply_is_seen(shop: Shop, watchers: list[Watcher], answered: Sold, first: dict[str, Any]) -> None:
    """The reply is position 2: the clock stops, the buyer gets a card."""
    replied = shop.reply(first["id"], 1)
    found = (replied["__typename"], replied["position"], replied["ticket"]["version"])
    assert found == ("TicketPayload", 2, 2)
    assert replied["ticket"]["deadlineAt"] is None
    assert replied["card"]["kind"] == "REPLY"
    message = seen(watchers)
    told = record(
        2,
        "REPLIED",
        "STAFF",
        note="已联系",
        reply={"scheme": {"code": "COURIER_URGED"}},
        deadlineBefore=first["deadlineAt"],
    )
    stands = row(
        answered,
        first,
        version=2,
        status="REPLIED",
        urgency="NONE",
        deadlineAt=None,
        promiseEndsAt=text(at(message["occurredAt"]) + timedelta(hours=24)),
    )
    assert message == update(shop, 2, "REPLIED", record=told, ticket=stands)


def pickup_is_seen(shop: Shop, watchers: list[Watcher], collected: Sold, second: dict[str, Any]) -> None:
    """A signed push with a pickup is position 5: the ticket is completed."""
    pushed = shop.copy.push(signed(SALT, "shunfeng", collected.waybill, datetime.now(UTC), "103"))
    assert (pushed.status_code, pushed.json()["result"]) == (200, True)
    message = seen(watchers)
    assert (message["action"], message["position"]) == ("PICKED_UP", 5)
    assert (message["ticket"]["status"], message["ticket"]["outcome"]) == ("COMPLETED", "PICKED_UP")
    assert (message["ticket"]["id"], message["ticket"]["version"]) == (second["id"], 2)
    assert shop.ticket(second["id"])["order"]["pickedUpAt"] is not None


def complaint_is_seen(shop: Shop, watchers: list[Watcher], left: Sold, third: dict[str, Any]) -> None:
    """At its deadline, not before, the ticket left alone is escalated; then it is too late to reply."""
    message = seen(watchers, within_s=WINDOW.total_seconds() + LATE_AT_MOST.total_seconds())
    arrived = datetime.now(UTC)
    escalated_at = message["ticket"]["escalatedAt"]
    due_at = third["deadlineAt"]
    told = record(2, "ESCALATED", "SYSTEM", deadlineBefore=due_at, deadlineAfter=due_at)
    stands = row(
        left,
        third,
        version=2,
        status="ESCALATED",
        outcome="COMPLAINT_FILED",
        urgency="NONE",
        escalatedAt=escalated_at,
    )
    assert message == update(shop, 6, "ESCALATED", record=told, ticket=stands)
    assert at(due_at) <= at(escalated_at) <= at(due_at) + LATE_AT_MOST
    assert arrived <= at(due_at) + LATE_AT_MOST
    complaint = shop.ticket(third["id"])["complaint"]
    assert (complaint["status"], complaint["filedAt"]) == ("FILED", escalated_at)
    too_late = shop.reply(third["id"], 2)
    assert (too_late["__typename"], too_late["currentStatus"]) == ("IllegalTransition", "ESCALATED")


def urged(shop: Shop, sold: Sold, position: int) -> dict[str, Any]:
    """The ticket that the buyer's urging opens."""
    payload = shop.urge(sold)
    assert (payload["__typename"], payload.get("position")) == ("UrgePayload", position), payload
    ticket: dict[str, Any] = payload["ticket"]
    assert (ticket["version"], ticket["status"]) == (1, "AWAITING_REPLY")
    return ticket


@pytest.mark.parametrize("transport", ["ws", "sse"])
def test_who_lost_the_connection_misses_nothing_and_sees_nothing_twice(
    shop: Shop, node: str, transport: Transport
) -> None:
    """The package reconnects by itself and resumes with `after`; one that stayed tells what there was."""
    orders = [shop.sell() for _ in range(4)]
    with watch(node, transport, shop) as lost, watch(node, "ws", shop) as stayed:
        begun(lost)
        begun(stayed)
        first = urged(shop, orders[0], 1)
        assert lost.message()["position"] == 1
        lost.cut()
        shop.reply(first["id"], 1)
        for position, sold in enumerate(orders[1:3], start=3):
            urged(shop, sold, position)
        lost.assert_silent(0.5)
        lost.resume()
        lost.connected(again=True)
        missed = [lost.message() for _ in range(4)]
        urged(shop, orders[3], 5)
        after = lost.message()

        assert [message.get("position") for message in missed] == [2, 3, 4, None]
        assert missed[3]["__typename"] == "StreamLive"
        assert after["position"] == 5
        told = [stayed.message() for _ in range(5)]
        assert [(message["position"], message["action"]) for message in told] == [
            (1, "OPENED"),
            (2, "REPLIED"),
            (3, "OPENED"),
            (4, "OPENED"),
            (5, "OPENED"),
        ]
        assert [message["cursor"] for message in told[1:]] == [
            message["cursor"] for message in (*missed[:3], after)
        ]


@pytest.mark.parametrize("transport", ["ws", "sse"])
def test_a_restart_of_the_web_process_loses_nothing(shop: Shop, node: str, transport: Transport) -> None:
    """SIGTERM ends the streams so that the packages connect again; what came meanwhile is replayed."""
    sold, left = shop.sell(), shop.sell()
    with watch(node, transport, shop) as watcher:
        begun(watcher)
        urged(shop, sold, 1)
        assert watcher.message()["position"] == 1
        shop.copy.restart_web()
        # The first clock may have run out by now: then its complaint was position 2.
        assert shop.urge(left)["position"] in {2, 3}
        first = watcher.next(30)
        assert "message" not in first
        if transport == "ws":
            assert first["closed"]["code"] == RESTARTING
        actions: list[tuple[int, str]] = []
        while len(actions) < 3:  # both clocks run out, maybe before the stream is back
            said = watcher.next(30)
            assert not said.keys() & {"errors", "ended"}, said
            message = said.get("message", {})
            if message.get("__typename") == "DeadlineUpdate":
                actions.append((message["position"], message["action"]))
        assert [position for position, _ in actions] == [2, 3, 4]
        assert sorted(action for _, action in actions) == ["ESCALATED", "ESCALATED", "OPENED"]


def test_a_push_with_a_wrong_signature_changes_nothing(shop: Shop, node: str) -> None:
    sold = shop.sell()
    with watch(node, "ws", shop) as watcher:
        begun(watcher)
        ticket = urged(shop, sold, 1)
        watcher.message()
        before = shop.ticket(ticket["id"])
        pushed = shop.copy.push(signed("wrong-salt", "shunfeng", sold.waybill, datetime.now(UTC), "103"))
        assert pushed.status_code == 403
        watcher.assert_silent(1)
        assert shop.ticket(ticket["id"]) == before


@pytest.mark.parametrize("transport", ["ws", "sse"])
def test_another_shops_staff_sees_nothing(shop: Shop, node: str, transport: Transport) -> None:
    """By what is theirs they see nothing; by name the shop does not exist."""
    other = Shop(shop.copy)
    with watch(node, transport, other) as watcher:
        begun(watcher)
        ticket = urged(shop, shop.sell(), 1)
        watcher.assert_silent(1)
    assert shop.copy.ask(other.staff, "query ($id: ID!) { ticket(id: $id) { id } }", id=ticket["id"]) == {
        "ticket": None
    }
    answers = []
    for shop_id in (shop.id, "shp_" + 32 * "0"):
        with Watcher(node, transport, shop.copy.url, other.staff, shopIds=[shop_id]) as watcher:
            watcher.connected()
            answers.append(refused(watcher))
    foreign, absent = answers
    assert foreign["extensions"]["code"] == "BAD_USER_INPUT"
    assert foreign == absent


@pytest.mark.parametrize("transport", ["ws", "sse"])
def test_a_buyer_may_not_watch_the_queue(shop: Shop, node: str, transport: Transport) -> None:
    with watch(node, transport, shop, shop.buyer) as watcher:
        watcher.connected()
        assert refused(watcher)["extensions"]["code"] == "FORBIDDEN"


def refused(watcher: Watcher) -> dict[str, Any]:
    """The one error that a stream is refused with."""
    said = watcher.next()
    assert "errors" in said, said
    [error] = said["errors"]
    found: dict[str, Any] = error
    return found


def test_a_socket_without_a_token_is_closed_with_4403(shop: Shop, node: str) -> None:
    with Watcher(node, "ws", shop.copy.url, "") as watcher:
        assert watcher.next(15)["closed"]["code"] == FORBIDDEN


def test_a_stream_without_a_token_is_refused(shop: Shop, node: str) -> None:
    with Watcher(node, "sse", shop.copy.url, "") as watcher:
        watcher.connected()
        assert refused(watcher)["extensions"]["code"] == "UNAUTHENTICATED"


def at(value: str) -> datetime:
    return datetime.fromisoformat(value)


def text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
