"""One POST to a stranger's server: to a checked address, without redirects, bounded in time and size."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from integrations import destinations
from integrations.destinations import Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv6Address
    from types import TracebackType
    from typing import Self

    from domain.webhooks import Reach
    from integrations.destinations import Resolve

CONNECT_S = 5.0
SILENT_S = 10.0
WHOLE_S = 15.0
"""From the look-up to the end of the answer, however slowly it drips."""
BODY_BYTES = 4_096
"""Of an answer; what follows is not read."""
TRIED_ADDRESSES = 4
PORTS = {"https": 443, "http": 80}

# They log whole URLs, which may hold a secret.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a POST: the status code if there was an answer, and why it was not taken."""

    status_code: int | None
    error: str | None

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return self.error is None


class Poster:
    """Posts to any server that `reach` allows. An async context manager.

    Connections are never kept: they are made to an address, and another host may share it under a
    certificate of its own.
    """

    def __init__(
        self, reach: Reach, resolve: Resolve = destinations.look_up, trust: ssl.SSLContext | None = None
    ) -> None:
        self._reach = reach
        self._resolve = resolve
        self._client = httpx.AsyncClient(
            verify=trust or ssl.create_default_context(),
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(SILENT_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Send `body`. Never raises for what a url or a server does, and never repeats what it said."""
        try:
            async with asyncio.timeout(WHOLE_S):
                return await self._post(url, headers, body)
        except Unreachable as refused:
            return Outcome(None, str(refused))
        except (TimeoutError, httpx.TimeoutException):
            return Outcome(None, "no answer in time")
        except httpx.HTTPError as error:
            return Outcome(None, _said(error))
        except (httpx.InvalidURL, ValueError):
            return Outcome(None, "the url cannot be used")

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        if self._reach.url_problem(url) is not None:
            raise Unreachable("the url is not allowed")
        target = httpx.URL(url)
        port = target.port or PORTS[target.scheme]
        found = await destinations.addresses(target.host, port, self._reach, self._resolve)
        tried = found[:TRIED_ADDRESSES]
        for address in tried[:-1]:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send(target, address, headers, body)
        return await self._send(target, tried[-1], headers, body)

    async def _send(
        self, target: httpx.URL, address: IPv4Address | IPv6Address, headers: Mapping[str, str], body: bytes
    ) -> Outcome:
        request = self._client.build_request(
            "POST",
            target.copy_with(host=str(address)),
            headers={**headers, "Host": target.netloc.decode(), "Connection": "close"},
            content=body,
            extensions={"sni_hostname": target.host},
        )
        answer = await self._client.send(request, stream=True)
        try:
            await _read_some(answer)
        finally:
            await answer.aclose()
        if answer.is_success:
            return Outcome(answer.status_code, None)
        if answer.is_redirect:
            return Outcome(answer.status_code, "redirects are not followed")
        return Outcome(answer.status_code, f"answered {answer.status_code}")


async def _read_some(answer: httpx.Response) -> None:
    read = 0
    async for chunk in answer.aiter_raw():
        read += len(chunk)
        if read >= BODY_BYTES:
            return


def _said(error: httpx.HTTPError) -> str:
    """The kind of failure in words of ours: the library's text may hold the url."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "no secure connection: is the certificate valid?"
        cause = cause.__cause__ or cause.__context__
    return "could not connect" if isinstance(error, httpx.ConnectError) else "the connection broke"
