"""How a command finds the servers of a copy that runs: by its data folder (LANSHOU_DATA)."""

from dataclasses import replace

from embedded import state
from running import keys
from running.errors import StartError
from settings import Settings


def settings(given: Settings) -> Settings:
    """Complete `given` with the addresses and the keys of the copy that runs in its data folder.

    Raises:
        StartError: an address is not given and nothing runs there.
    """
    complete = known(given)
    if complete.database_url is None or complete.redis_url is None:
        raise StartError(
            f"nothing runs in {given.data}: start it (make run), or set LANSHOU_DATA to the folder of "
            "the copy you mean, or set LANSHOU_DATABASE_URL and LANSHOU_REDIS_URL"
        )
    return complete


def known(given: Settings) -> Settings:
    """Complete `given` as far as anything runs in its data folder."""
    live = state.live(given.data)
    return replace(
        given,
        database_url=given.database_url or live.get("postgres", {}).get("url"),
        redis_url=given.redis_url or live.get("redis", {}).get("url"),
        jwt_key=given.jwt_key or (None if given.production else keys.TOKENS.kept(given.data)),
        evidence_key=given.evidence_key or (None if given.production else keys.EVIDENCE.kept(given.data)),
    )
