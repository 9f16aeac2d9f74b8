"""Webhooks through the schema: shown to owners and the platform, to nobody else, whoever asked before."""

from dataclasses import replace
from typing import Any

from domain.events import ActorKind
from domain.ids import IdKind
from resolvers.context import Services
from tests.schema.conftest import Ask
from tests.schema.documents import selection
from tests.schema.test_mutations import document
from tests.schema.world import World, public

LIST = f"query ($shop: ID!) {{ webhooks(shopId: $shop) {{ {selection('Webhook', 3)} }} }}"
NODE = "query ($id: ID!) { node(id: $id) { id } }"


async def test_only_owners_see_webhooks_also_by_a_document_that_owners_asked(ask: Ask, world: World) -> None:
    """The plan of a document is kept; what it shows depends on who asks."""
    agent = world.ours.viewer(ActorKind.STAFF)
    owner = replace(agent, owner=True)
    shop, webhook = world.ours.ids["Shop"], world.ours.ids["Webhook"]
    for _ in range(3):
        seen = await ask(owner, LIST, shop=shop)
        assert [each["id"] for each in seen.data["webhooks"]] == [webhook]
        [edge] = seen.data["webhooks"][0]["deliveries"]["edges"]
        assert edge["node"]["id"] == world.ours.ids["WebhookDelivery"]
        assert (await ask(owner, NODE, id=webhook)).data["node"] == {"id": webhook}
        assert (await ask(agent, LIST, shop=shop)).codes == ["FORBIDDEN"]
        assert (await ask(agent, NODE, id=webhook)).data["node"] is None
        assert (await ask(owner, LIST, shop=world.theirs.ids["Shop"])).data == {"webhooks": []}
    for role in (ActorKind.CONSUMER, ActorKind.INTEGRATION):
        assert (await ask(world.ours.viewer(role), LIST, shop=shop)).codes == ["FORBIDDEN"]


async def test_a_webhook_is_saved_redelivered_and_deleted(ask: Ask, world: World, services: Services) -> None:
    owner = replace(world.ours.viewer(ActorKind.STAFF), owner=True)

    async def do(name: str, **given: Any) -> Any:
        answer = await ask(owner, document(name), **{"in": given})
        assert answer.errors == []
        return answer.data[name]

    shop = world.ours.ids["Shop"]
    url = "https://seller.example/x"
    saved = await do("saveWebhook", shopId=shop, url=url, events=["CARD_REPLY", "COMPLAINT_RULED"])
    assert saved["__typename"] == "SavedWebhook"
    assert saved["secret"].startswith("whsec_")
    assert (saved["webhook"]["url"], saved["webhook"]["events"]) == (url, ["CARD_REPLY", "COMPLAINT_RULED"])
    webhook = saved["webhook"]["id"]
    assert (await do("saveWebhook", id=webhook, shopId=shop, active=False))["secret"] is None
    bad = await do("saveWebhook", shopId=shop, url="http://10.0.0.1", events=["CARD_REPLY"])
    assert (bad["__typename"], bad["code"]) == ("InvalidInput", "INVALID_INPUT")
    again = await do("redeliver", deliveryId=public(IdKind.WEBHOOK_DELIVERY, world.ours.delivery))
    assert (again["__typename"], again["status"], again["attempts"]) == ("WebhookDelivery", "PENDING", 9)
    foreign = await do("redeliver", deliveryId=world.theirs.ids["WebhookDelivery"])
    assert foreign["__typename"] == "NotFound"
    assert await do("deleteWebhook", id=webhook) == {"__typename": "Deleted", "id": webhook}
    assert (await do("deleteWebhook", id=webhook))["__typename"] == "NotFound"
    assert (await ask(owner, NODE, id=webhook)).data["node"] is None
    rows = await services.database.pool.fetch("SELECT FROM webhook WHERE deleted_at IS NOT NULL")
    assert len(rows) == 1
