"""Where a webhook's url leads: looked up once for each attempt, and checked before anything is sent there."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from ipaddress import IPv4Address, IPv6Address

    from domain.webhooks import Reach

    Resolve = Callable[[str, int], Awaitable[list[str]]]

LOOK_UPS = 128
"""At once. A name server that does not answer holds a thread for half a minute, whoever waits for it."""

_threads = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="webhook-dns")


class Unreachable(Exception):
    """Nothing may be sent there, or there is no such place; the message is for the delivery log."""


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system's resolver gives them; raises OSError for none."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_threads, _look_up, host, port)
    return list(dict.fromkeys(found))


def _look_up(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def addresses(
    host: str, port: int, reach: Reach, resolve: Resolve = look_up
) -> list[IPv4Address | IPv6Address]:
    """Where to connect to for `host`; one address that is not allowed refuses them all.

    Connect to one of these, never to the name: a second look-up might give another answer.
    """
    try:
        found = [ip_address(each.partition("%")[0]) for each in await resolve(host, port)]
    except (OSError, ValueError):
        found = []
    if not found:
        raise Unreachable("the host has no address")
    if not all(reach.allows(each) for each in found):
        raise Unreachable("the address is not public")
    return found
