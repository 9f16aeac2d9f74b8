"""GraphQL over HTTP, server-sent events and WebSocket, all on one path."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, process_result
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    SubscribeMessage,
)
from strawberry.types import ExecutionResult
from strawberry.types.unset import UnsetType

from resolvers import tokens
from resolvers.context import Services
from schema import errors, planned
from schema.build import schema
from schema.context import Asked
from schema.limits import DOCUMENT_CHARACTERS
from schema.subscriptions import FORBIDDEN

INIT_WAIT = timedelta(seconds=10)
OPERATIONS_A_SOCKET = 50
CLOSE_WAIT_S = 3.0
"""How long a client that does not read is waited for before its socket is dropped."""
PLAIN = frozenset({"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"})
"""Content types of a body that is JSON and nothing else."""
PARAMETERS = ("Authorization", "authorization", "token")
"""Where a socket's first message may hold the token."""


class Socket(BaseGraphQLTransportWSHandler[Asked, None]):
    """One WebSocket: ends with its token, and when its client does not read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on as they are
        super().__init__(*args, **kwargs)
        self.context.close = self._close_soon
        self._task: asyncio.Task[Any] | None = None
        self._ending: tuple[int, str] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def handle(self) -> None:
        """Serve the socket until it ends."""
        self._task = asyncio.current_task()
        try:
            await super().handle()
        except asyncio.CancelledError:
            # Our own doing; anybody else's goes on.
            if self._ending is None:
                raise
            code, reason = self._ending
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self.websocket.close(code, reason), CLOSE_WAIT_S)
        finally:
            if self._timer is not None:
                self._timer.cancel()

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Accept the socket, and have it closed when its token ends."""
        await super().handle_connection_init(message)
        expires_at = self.context.expires_at
        if self.connection_acknowledged and expires_at is not None:
            left = (expires_at - datetime.now(UTC)).total_seconds()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(left, 0), self._close_soon, FORBIDDEN, "Forbidden")

    async def handle_connection_init_timeout(self) -> None:
        """Close a socket that says nothing."""
        await asyncio.sleep(INIT_WAIT.total_seconds())
        if not self.connection_init_received:
            self._close_soon(4408, "Connection initialisation timeout")

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Start an operation, if the message is one."""
        payload: Any = message.get("payload")
        if not isinstance(message.get("id"), str) or not _is_request(payload):
            await self.handle_invalid_message("Invalid subscribe message")
        elif len(payload["query"]) > DOCUMENT_CHARACTERS:
            refusal = GraphQLError(
                f"A document has at most {DOCUMENT_CHARACTERS} characters.", extensions={"code": "LIMIT"}
            )
            await self.send_message({"id": message["id"], "type": "error", "payload": [refusal.formatted]})
        else:
            await super().handle_subscribe(message)

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """None: a document that cannot be read ends its operation, not the socket of all others."""
        del error
        return None

    def _close_soon(self, code: int, reason: str) -> None:
        # Granian sends no close frame while a receive is pending: `handle` stops receiving, then closes.
        if self._ending is None and self._task is not None:
            self._ending = (code, reason)
            self._task.cancel()


def _plain(scope: Scope, headers: Headers) -> bool:
    """Whether a request is the plainest there is: a POST of JSON by one who does not ask for a stream."""
    if scope["type"] != "http" or scope["method"] != "POST" or headers.get("content-type") not in PLAIN:
        return False
    accept = headers.get("accept", "")
    return "event-stream" not in accept and "multipart" not in accept


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, for one who reads it again; then what else the client sends."""
    waiting = [body]

    async def received() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return received


def _is_request(payload: object) -> bool:
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return False
    name, variables = payload.get("operationName"), payload.get("variables")
    return (name is None or isinstance(name, str)) and (variables is None or isinstance(variables, dict))


class JsonText(Response):
    """JSON as it is."""

    media_type = "application/json"


class Adapter(ASGIWebSocketAdapter):
    """Sends JSON as text frames: orjson makes bytes, which would be binary ones."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send one message."""
        await self.ws.send_text(orjson.dumps(message).decode())


class View(GraphQL[Asked, None]):
    """The `/graphql` endpoint."""

    websocket_adapter_class = Adapter
    graphql_transport_ws_handler_class = Socket

    def __init__(self, services: Services) -> None:
        settings = services.settings
        super().__init__(
            schema,
            graphql_ide=None if settings.production else "graphiql",
            allow_queries_via_get=True,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=INIT_WAIT,
            max_subscriptions_per_connection=OPERATIONS_A_SOCKET,
            allowed_origins=settings.allowed_origins if settings.production else ("*",),
        )
        self.services = services
        self._tokens = tokens.Reader(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or serve a socket."""
        headers = Headers(scope=scope)
        if not _plain(scope, headers):
            await super().__call__(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        response = await self._known(body, headers)
        if response is None:
            await super().__call__(scope, _again(body, receive), send)
        else:
            await response(scope, receive, send)

    async def _known(self, body: bytes, headers: Headers) -> Response | None:
        """The response to a query or mutation that was good before; None for others.

        It is what `run` answers, at half of what that costs.
        """
        try:
            asked = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(asked, dict) or not _is_request(asked) or asked["query"] not in planned.DOCUMENTS:
            return None
        context = Asked(self.services, self._tokens.of_header(headers.get("authorization")))
        result = await schema.known(
            asked["query"], asked.get("variables"), context, asked.get("operationName"), may_change=True
        )
        return None if result is None else JsonText(self.encode_json(process_result(result)))

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Asked:
        """Who asks, by the Authorization header; a socket may say so in its first message instead."""
        del response
        viewer = self._tokens.of_header(request.headers.get("authorization"))
        broken_off = request.state.broken_off = asyncio.Event()
        return Asked(self.services, viewer, break_off=broken_off.set)

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        """A stream that ends without `complete` where the hub ended it: graphql-sse then connects again."""
        broken_off: asyncio.Event = request.state.broken_off

        async def until_broken_off() -> AsyncIterator[str]:
            async for chunk in stream():
                if not broken_off.is_set():
                    yield chunk

        return await super().create_streaming_response(request, until_broken_off, sub_response, headers)

    async def on_ws_connect(self, context: Asked) -> UnsetType | dict[str, object] | None:
        """Refuse a socket without a valid token with 4403."""
        given = context.connection_params or {}
        for name in PARAMETERS:
            if isinstance(given.get(name), str):
                context.viewer = self._tokens.of_header(given[name])
                break
        if context.viewer is None:
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The response; no error leaves without a code."""
        if result.errors:
            result.errors = errors.finished(result.errors, None)
        return await super().process_result(request, result)

    def decode_json(self, data: str | bytes) -> object:
        """A JSON object: requests, variables and frames are nothing else."""
        value: object = orjson.loads(data)
        if not isinstance(value, dict):
            raise json.JSONDecodeError("not an object", "", 0)
        return value

    def encode_json(self, data: object) -> str | bytes:
        """A value as JSON text."""
        return orjson.dumps(data)
