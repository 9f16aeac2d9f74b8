"""Nothing is sent to an address that is not public: names are looked up once, and the answer is kept to."""

import ssl

import httpx
import pytest

from domain.webhooks import Reach
from integrations.posting import Outcome, Poster
from tests.webhooks.conftest import World
from tests.webhooks.receiver import CERTIFICATE, listening

DEVELOPMENT = Reach(loopback=True)
NO_HEADERS: dict[str, str] = {}


class Names:
    """A resolver that gives one answer after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0)


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


@pytest.mark.parametrize(
    "answer",
    [
        ["10.0.0.1"],
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["fe80::1%eth0"],
        ["::ffff:127.0.0.1"],
        ["224.0.0.1"],
        ["0.0.0.0"],  # noqa: S104
        ["1.1.1.1", "10.0.0.1"],
        ["10.0.0.1", "1.1.1.1"],
    ],
)
async def test_a_name_that_leads_to_any_private_address_is_refused(answer: list[str]) -> None:
    names = Names(answer)
    async with Poster(Reach(), names) as poster:
        outcome = await poster.post("https://hooks.example:8443/x", NO_HEADERS, b"{}")
    assert outcome == Outcome(None, "the address is not public")
    assert names.asked == [("hooks.example", 8443)]


async def test_a_name_without_an_address_is_refused() -> None:
    async with Poster(Reach(), Names([])) as poster:
        outcome = await poster.post("https://hooks.example/", NO_HEADERS, b"{}")
    assert outcome == Outcome(None, "the host has no address")


async def test_spellings_of_this_machine_are_looked_up_and_refused() -> None:
    """By the system's own resolver, which reads them as 127.0.0.1."""
    async with listening() as receiver, Poster(Reach()) as poster:
        for host in ("0x7f.1", "2130706433", "127.1", "localhost."):
            outcome = await poster.post(f"https://{host}:{receiver.port}/", NO_HEADERS, b"{}")
            assert outcome.status_code is None
            assert outcome.error in {"the address is not public", "the host has no address"}
        assert receiver.taken == []


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to() -> None:
    """A name that points elsewhere a moment later (DNS rebinding) is not asked again."""
    async with listening(tls=True) as receiver:
        names = Names(["127.0.0.1"], ["10.0.0.1"])
        async with Poster(DEVELOPMENT, names, trusting()) as poster:
            url = f"https://hooks.test:{receiver.port}/x?y=1"
            assert await poster.post(url, {"webhook-id": "1"}, b"{}") == Outcome(200, None)
            assert (await poster.post(url, NO_HEADERS, b"{}")).error == "the address is not public"
    [taken] = receiver.taken
    assert (taken.path, taken.headers["host"]) == ("/x?y=1", f"hooks.test:{receiver.port}")
    assert len(names.asked) == 2


async def test_the_certificate_is_the_names_and_not_the_addresses() -> None:
    async with listening(tls=True) as receiver:
        names = Names(["127.0.0.1"], ["127.0.0.1"])
        async with Poster(DEVELOPMENT, names, trusting()) as poster:
            good = await poster.post(f"https://hooks.test:{receiver.port}/", NO_HEADERS, b"{}")
            other = await poster.post(f"https://other.test:{receiver.port}/", NO_HEADERS, b"{}")
        async with Poster(DEVELOPMENT, Names(["127.0.0.1"])) as poster:
            unknown = await poster.post(f"https://hooks.test:{receiver.port}/", NO_HEADERS, b"{}")
    assert good == Outcome(200, None)
    assert other == unknown == Outcome(None, "no secure connection: is the certificate valid?")
    assert len(receiver.taken) == 1


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async with listening() as receiver:
        names = Names(["127.0.0.2", "127.0.0.1"])
        async with Poster(DEVELOPMENT, names) as poster:
            outcome = await poster.post(f"http://hooks.localhost:{receiver.port}/", NO_HEADERS, b"{}")
    assert outcome == Outcome(200, None)


async def test_no_connection_is_kept() -> None:
    """Another host at the same address has a certificate of its own."""
    async with listening(tls=True) as receiver:
        names = Names(*[["127.0.0.1"]] * 2)
        async with Poster(DEVELOPMENT, names, trusting()) as poster:
            for _ in range(2):
                await poster.post(f"https://hooks.test:{receiver.port}/", NO_HEADERS, b"{}")
                assert poster._client._transport._pool.connections == []  # type: ignore[attr-defined]


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as receiver, listening() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert httpx.AsyncClient()._mounts  # the known-bad control: a plain client would ask it
        async with Poster(DEVELOPMENT) as poster:
            assert (await poster.post(receiver.url, NO_HEADERS, b"{}")).taken
        assert proxy.taken == []


async def test_in_production_what_was_saved_for_development_is_not_sent(world: World) -> None:
    """Neither http nor loopback, whatever the row holds; and nothing arrives."""
    async with listening() as receiver, world.sending(reach=Reach()):
        [delivery] = await world.reply(await world.webhook(receiver.url))
        [done] = await world.until("FAILED", delivery)
        assert receiver.taken == []
    assert (done["last_error"], done["last_status_code"]) == ("the url is not allowed", None)
