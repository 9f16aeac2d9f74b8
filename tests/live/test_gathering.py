"""What comes meanwhile goes together, in order, and nothing is lost or sent twice."""

import asyncio

import pytest

from live.gathering import Gathering


class Post:
    """Sends slowly, and notes each lot."""

    def __init__(self) -> None:
        self.lots: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, things: list[str]) -> int:
        self.lots.append(things)
        await self.open.wait()
        if "bad" in things:
            raise ConnectionError
        return len(self.lots)


async def test_a_lone_thing_goes_at_once() -> None:
    post = Post()
    gathering = Gathering(post.send)
    assert [await gathering.add([each]) for each in "abc"] == [1, 2, 3]
    assert post.lots == [["a"], ["b"], ["c"]]


async def test_what_comes_while_one_is_on_its_way_goes_together_as_the_next() -> None:
    post = Post()
    post.open.clear()
    gathering = Gathering(post.send)
    asked = [asyncio.create_task(gathering.add([each])) for each in ("a", "b")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asked += [asyncio.create_task(gathering.add(each)) for each in (["c"], ["d", "e"], ["f"])]
    await asyncio.sleep(0.01)
    assert post.lots == [["a", "b"]]
    post.open.set()
    assert await asyncio.gather(*asked) == [1, 1, 2, 2, 2]
    assert post.lots == [["a", "b"], ["c", "d", "e", "f"]]


async def test_a_lot_that_fails_fails_for_those_who_are_in_it() -> None:
    post = Post()
    gathering = Gathering(post.send)
    both = await asyncio.gather(gathering.add(["a"]), gathering.add(["bad"]), return_exceptions=True)
    assert [type(each) for each in both] == [ConnectionError, ConnectionError]
    assert await gathering.add(["b"]) == 2


async def test_one_who_is_cancelled_leaves_the_things_to_the_others() -> None:
    post = Post()
    post.open.clear()
    gathering = Gathering(post.send)
    first = asyncio.create_task(gathering.add(["a"]))
    await asyncio.sleep(0.01)
    gone = asyncio.create_task(gathering.add(["b"]))
    stays = asyncio.create_task(gathering.add(["c"]))
    await asyncio.sleep(0.01)
    gone.cancel()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    post.open.set()
    assert await stays == 2
    assert post.lots == [["a"], ["b", "c"]]
