"""Every role against every action (`domain.md §12`)."""

from uuid import UUID

import pytest

from domain import access
from domain.access import Action, Viewer
from domain.errors import Forbidden
from domain.events import SHOWN_TO_CONSUMER, ActorKind, FollowUpAction

SHOP, OTHER = UUID(int=1), UUID(int=2)
CONSUMER = Viewer(ActorKind.CONSUMER, "buyer-1")
AGENT = Viewer(ActorKind.STAFF, "agent", frozenset({SHOP}))
OWNER = Viewer(ActorKind.STAFF, "owner", frozenset({SHOP}), owner=True)
INTEGRATION = Viewer(ActorKind.INTEGRATION, "erp", frozenset({SHOP}))
PLATFORM = Viewer(ActorKind.PLATFORM, "operator")
SYSTEM = Viewer(ActorKind.SYSTEM, "worker")
VIEWERS = (CONSUMER, AGENT, OWNER, INTEGRATION, PLATFORM, SYSTEM)

MAY = {
    Action.WORK_TICKETS: (AGENT, OWNER, PLATFORM),
    Action.WATCH_QUEUE: (AGENT, OWNER, PLATFORM),
    Action.URGE: (CONSUMER, PLATFORM),
    Action.RECORD: (INTEGRATION, PLATFORM),
    Action.MANAGE_STAFF: (OWNER, PLATFORM),
    Action.MANAGE_TEMPLATES: (OWNER, PLATFORM),
    Action.CHANGE_SHOP: (OWNER, PLATFORM),
    Action.MANAGE_WEBHOOKS: (OWNER, PLATFORM),
    Action.MANAGE_SHOPS: (PLATFORM,),
    Action.WORK_COMPLAINTS: (AGENT, OWNER, PLATFORM),
    Action.RULE: (PLATFORM,),
    Action.SET_RULES: (PLATFORM,),
}


@pytest.mark.rule("§12.3", "§12.5", "§12.8")
@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.subject)
def test_a_role_may_do_what_the_table_says_and_nothing_else(viewer: Viewer, action: Action) -> None:
    if viewer in MAY[action]:
        access.require(viewer, action)
    else:
        with pytest.raises(Forbidden):
            access.require(viewer, action)


@pytest.mark.rule("§12.4")
@pytest.mark.parametrize("role", [ActorKind.CONSUMER, ActorKind.INTEGRATION])
def test_only_staff_become_owners(role: ActorKind) -> None:
    """A forged owner claim gives another role nothing."""
    with pytest.raises(Forbidden):
        access.require(Viewer(role, "x", frozenset({SHOP}), owner=True), Action.MANAGE_STAFF)


@pytest.mark.rule("§12.8")
def test_a_refusal_says_which_token_it_takes() -> None:
    with pytest.raises(Forbidden, match=r"^This takes a token of the role platform or staff\.$"):
        access.require(CONSUMER, Action.WORK_TICKETS)
    with pytest.raises(Forbidden, match=r"^This takes a token of the shop's owner\.$"):
        access.require(AGENT, Action.MANAGE_STAFF)


@pytest.mark.parametrize("viewer", [AGENT, OWNER, INTEGRATION], ids=lambda viewer: viewer.subject)
def test_a_shops_viewer_sees_its_shop_and_no_other(viewer: Viewer) -> None:
    assert (viewer.sees(SHOP), viewer.sees(OTHER)) == (True, False)


@pytest.mark.parametrize("role", [ActorKind.STAFF, ActorKind.INTEGRATION])
def test_staff_and_integrations_named_no_shop_see_none(role: ActorKind) -> None:
    viewer = Viewer(role, "x")
    assert (viewer.sees(SHOP), viewer.shop_ids) == (False, frozenset())


@pytest.mark.rule("§12.6")
def test_the_platform_sees_every_shop_unless_its_token_names_some() -> None:
    assert (PLATFORM.sees(SHOP), PLATFORM.shop_ids) == (True, None)
    assert not Viewer(ActorKind.PLATFORM, "auditor", frozenset({OTHER})).sees(SHOP)


def test_only_a_consumer_is_held_to_a_buyers_orders() -> None:
    assert [viewer.buyer_id for viewer in VIEWERS] == ["buyer-1", None, None, None, None, None]


@pytest.mark.rule("§12.1")
def test_a_buyer_reads_nine_kinds_of_records() -> None:
    shown = "OPENED REPLIED WAYBILL_CHANGED SHIPPED PICKED_UP REFUNDED ORDER_CLOSED ESCALATED WITHDRAWN"
    assert {action.value for action in SHOWN_TO_CONSUMER} == set(shown.split())


@pytest.mark.rule("§12.2")
@pytest.mark.parametrize("hidden", ["NOTED", "ASSIGNED", "REMINDED", "PROMISE_BROKEN", "DEADLINE_MOVED"])
def test_a_buyer_never_reads(hidden: str) -> None:
    assert FollowUpAction(hidden) not in SHOWN_TO_CONSUMER
