"""What `docs/webhooks.md` tells receivers to do works, and the signature is the specification's."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.webhooks.conftest import World
from tests.webhooks.receiver import listening

DOCS = Path(__file__).parents[2] / "docs" / "webhooks.md"


def test_the_signature_is_that_of_the_specifications_example() -> None:
    signed = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), '{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_the_example_takes_a_message_once_and_refuses_a_forged_one(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found is not None
    example: dict[str, Any] = {}
    exec(found[1], example)  # noqa: S102 - our own documentation
    async with listening() as receiver, world.sending():
        await world.reply(await world.webhook(receiver.url))
        [taken] = await receiver.until(1)
    secret, seen = "whsec_" + "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M=", set[str]()
    for _ in range(2):
        assert example["receive"](taken.headers, taken.body, secret, seen) == 204
    assert capsys.readouterr().out == f"CARD_REPLY {world.ticket['number']}\n"
    with pytest.raises(WebhookVerificationError):
        example["receive"](taken.headers, taken.body.replace(b"CARD", b"BARD"), secret, seen)
