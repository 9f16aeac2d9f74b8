"""`python -m benchmarks.peers bare|stock`: one Python peer on Granian, set as our own web process is."""

from __future__ import annotations

import sys

from granian.constants import Interfaces, Loops
from granian.server import MPServer

from benchmarks.peers.given import Given
from running import logs


def main(name: str) -> None:
    """Serve the peer until SIGTERM."""
    MPServer(
        f"benchmarks.peers.{name}:create",
        factory=True,
        address="127.0.0.1",
        port=Given.read().port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=1,
        log_dictconfig=logs.CONFIG,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1])
