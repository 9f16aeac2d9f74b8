"""One Redis, one that Sentinels watch, or a Cluster: a client by URL, and many commands in one round trip.

What the client library does of itself when a node does not answer, it does for too long here (it retries,
waits a quarter of a second, reads the whole topology, all in the caller's time): nobody waits for an index
or a hint. So nothing is retried; each command has its answer or its error, the nodes that answer are not
held up by one that does not, and the topology is read anew aside. `docs/adr/0016-redis-in-several-nodes.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import redis.asyncio
import redis.exceptions
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff

from settings import redis_address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from redis.asyncio.client import PubSub
    from redis.typing import EncodableT

    from settings import RedisAddress

AWAY = (redis.exceptions.RedisError, redis.exceptions.RedisClusterException, OSError)
"""What it looks like when Redis cannot be reached, does not answer in time, or answers with an error."""
LOOK_PAUSE_S = 0.2
"""From one look at a Cluster's topology to the next, while something is wrong with it."""

# These say that the topology may be another than we think. Any other error of a server is about the command.
_MOVED = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ClusterError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.AskError,
    redis.exceptions.RedisClusterException,
    OSError,
)


class Command(NamedTuple):
    """What to send, to the node that has `key`; without one any node will do."""

    key: str | None
    arguments: tuple[EncodableT, ...]


class Cluster(redis.asyncio.RedisCluster):
    """The library's cluster client, which knows its nodes before it is used and never retries."""

    def __init__(self, hosts: Sequence[tuple[str, int]], **options: Any) -> None:  # noqa: ANN401 - they are the library's
        super().__init__(
            startup_nodes=[ClusterNode(host, port) for host, port in hosts],
            # Where some slots have no node, the others work.
            require_full_coverage=False,
            retry=Retry(NoBackoff(), 0),
            # A slot that moved is noted; all connections would be closed else, those in use too.
            reinitialize_steps=0,
            **options,
        )
        self._given = dict(self.nodes_manager.startup_nodes)
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = 0.0

    async def ready(self) -> None:
        """Know the nodes. Who gives up waiting leaves the look to whoever waits longer."""
        if self._initialize:
            await asyncio.shield(self.look_again())

    def look_again(self) -> asyncio.Task[None]:
        """Read the topology anew, aside; one look at a time."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="topology of the Redis Cluster")
            self._looking.add_done_callback(_taken_note_of)
        return self._looking

    async def _look(self) -> None:
        await asyncio.sleep(max(0.0, self._looked_at + LOOK_PAUSE_S - time.monotonic()))
        try:
            # The library forgets the addresses it was given: a Cluster that moved is found by them.
            self.nodes_manager.startup_nodes = {**self.nodes_manager.startup_nodes, **self._given}
            if self._initialize:
                await self.initialize()
            else:
                await self.nodes_manager.initialize()
        except (IndexError, KeyError) as error:  # its way to say that no node has any slot
            raise redis.exceptions.RedisClusterException("the Redis Cluster has no slots yet") from error
        finally:
            self._looked_at = time.monotonic()

    async def aclose(self) -> None:
        """Close every connection."""
        if self._looking is not None and self._looking is not asyncio.current_task():
            self._looking.cancel()
            await asyncio.wait([self._looking])
        await super().aclose()

    async def send(self, commands: Sequence[Command], timeout_s: float | None) -> list[Any]:
        """As `send` below."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.ready()
        except AWAY as error:
            return [error] * len(commands)
        answers: list[Any] = [None] * len(commands)
        batches: dict[str, tuple[ClusterNode, list[int]]] = {}
        for at, command in sorted(enumerate(commands), key=lambda pair: pair[1].key is None):
            try:
                node = self._node(command, batches)
            except AWAY as error:
                answers[at] = error
            else:
                batches.setdefault(node.name, (node, []))[1].append(at)
        await asyncio.gather(
            *(self._send_to(node, places, commands, answers, timeout_s) for node, places in batches.values())
        )
        if any(isinstance(answer, _MOVED) for answer in answers):
            self.look_again()
        return answers

    def any_node(self) -> ClusterNode:
        """A node that has slots; another one each time."""
        primaries: list[ClusterNode] = self.get_primaries()
        if not primaries:
            raise redis.exceptions.RedisClusterException("no node of the Redis Cluster is known")
        return random.choice(primaries)  # noqa: S311 - to spread, not to hide

    def _node(self, command: Command, batches: dict[str, tuple[ClusterNode, list[int]]]) -> ClusterNode:
        if command.key is not None:
            node = self.get_node_from_key(command.key)
            if node is not None:
                return node
        return next((node for node, _ in batches.values()), None) or self.any_node()

    async def _send_to(
        self,
        node: ClusterNode,
        places: Sequence[int],
        commands: Sequence[Command],
        answers: list[Any],
        timeout_s: float | None,
    ) -> None:
        pipe = self.pipeline()
        for at in places:
            pipe.execute_command(*commands[at].arguments, target_nodes=node)
        try:
            async with asyncio.timeout(timeout_s):
                found = await pipe.execute(raise_on_error=False)
        except AWAY as error:
            found = [error] * len(places)
        for at, answer in zip(places, found, strict=True):
            answers[at] = answer


Client = redis.asyncio.Redis | Cluster


class _Watched(redis.asyncio.Redis):
    """The master that Sentinels name; closes the connections to them too."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001 - the library's
        await super().aclose(close_connection_pool)
        if isinstance(self.connection_pool, SentinelConnectionPool):
            await self.connection_pool.sentinel_manager.aclose()


def connect(
    url: str, *, connect_timeout_s: float, read_timeout_s: float | None, retries: bool = False
) -> Client:
    """A client for what `url` names; it connects when first used. `retries`: as the library does, where a
    connection was lost (never in a Cluster).

    Raises:
        ValueError: `url` is none of the forms that `settings.redis_address` reads.
    """
    address = redis_address(url)
    options: dict[str, Any] = {
        "socket_timeout": read_timeout_s,
        "socket_connect_timeout": connect_timeout_s,
    }
    if not retries:
        options["retry"] = Retry(NoBackoff(), 0)
    if address.kind == "single":
        single: redis.asyncio.Redis = redis.asyncio.Redis.from_url(url, **options)
        return single
    options |= {"username": address.username, "password": address.password}
    if address.tls:
        options |= {"ssl": True, **{k: v for k, v in address.options.items() if k.startswith("ssl_")}}
    if address.kind == "cluster":
        options.pop("retry", None)
        return Cluster(address.hosts, **options)
    return _watched(address, options, connect_timeout_s)


def _watched(address: RedisAddress, options: dict[str, Any], connect_timeout_s: float) -> Client:
    # They are asked one after another: all of them within the time for one connection.
    patience_s = connect_timeout_s / (len(address.hosts) + 1)
    of_sentinels = {
        **options,
        "socket_timeout": patience_s,
        "socket_connect_timeout": patience_s,
        "username": address.options.get("sentinel_username"),
        "password": address.options.get("sentinel_password"),
    }
    sentinel = Sentinel(address.hosts, sentinel_kwargs=of_sentinels)  # type: ignore[no-untyped-call]
    master: redis.asyncio.Redis = sentinel.master_for(
        address.service, redis_class=_Watched, db=address.db, **options
    )
    return master


async def send(client: Client, commands: Sequence[Command], timeout_s: float | None) -> list[Any]:
    """Send all, in one round trip to each node; the answer to each, or its exception (one of `AWAY`).

    A script that the server does not know is such an exception too.
    """
    if isinstance(client, Cluster):
        return await client.send(commands, timeout_s)
    pipe = client.pipeline(transaction=False)
    for command in commands:
        pipe.execute_command(*command.arguments)
    try:
        async with asyncio.timeout(timeout_s):
            found: list[Any] = await pipe.execute(raise_on_error=False)
    except AWAY as error:
        return [error] * len(commands)
    return found


async def about(client: Client) -> dict[str, Mapping[str, object]]:
    """What each server says of itself (INFO), by " on host:port"; by "" where there is one. Raises `AWAY`."""
    if not isinstance(client, Cluster):
        return {"": await client.info("server")}
    await client.ready()
    return {
        f" on {node.name}": await client.info("server", target_nodes=node) for node in client.get_primaries()
    }


@contextlib.asynccontextmanager
async def subscription(client: Client) -> AsyncIterator[PubSub]:
    """To subscribe with. A Cluster hands what is published to all of its nodes: any one will do."""
    if isinstance(client, Cluster):
        await client.ready()
        opened: PubSub = client.pubsub(node=client.any_node())
    else:
        opened = client.pubsub()
    try:
        yield opened
    except AWAY:
        if isinstance(client, Cluster):
            client.look_again()
        raise
    finally:
        await opened.aclose()  # type: ignore[no-untyped-call]


def _taken_note_of(looked: asyncio.Task[None]) -> None:
    # Who waited was told; nobody need wait.
    if not looked.cancelled():
        looked.exception()
