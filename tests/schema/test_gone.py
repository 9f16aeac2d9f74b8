"""A client that goes away in the middle of its request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import app
from settings import Settings

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/hooks/kuaidi100",
    "headers": [],
    "query_string": b"",
}


async def test_it_is_nobodys_fault() -> None:
    """No exception reaches the server, which would log each with where it came from."""
    settings = Settings(kuaidi100_salt="salt", jwt_key="k" * 32)
    application = app.create(settings)
    application.state.services = SimpleNamespace(settings=settings)
    coming = iter(
        [{"type": "http.request", "body": b"param=", "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(coming)

    async def send(message: Any) -> None:
        sent.append(message)

    await application(SCOPE, receive, send)
    assert sent[0]["status"] == 400
