"""The web process: Granian with its workers, in the foreground."""

import os
import signal
import time
from contextlib import suppress

from granian.constants import Interfaces, Loops
from granian.server import MPServer

from running import logs
from settings import Settings

CONNECTIONS_END_WITHIN_S = 4
STREAMS_END_WITHIN_S = 0.3


class Server(MPServer):
    """Granian, which lets streams end before it drops their connections."""

    def shutdown(self, exit_code: int = 0) -> None:
        """Tell each worker's app that the end is near (`app.started`), then go on as Granian does."""
        for worker in self.wrks:
            with suppress(ProcessLookupError, AttributeError):
                os.kill(worker.inner.pid, signal.SIGUSR1)
        time.sleep(STREAMS_END_WITHIN_S)
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]


def serve(settings: Settings) -> None:
    """Serve `app:create` until SIGINT or SIGTERM."""
    # Granian's workers are processes of their own, which read their settings from the environment.
    os.environ.update(settings.as_environment())
    Server(
        "app:create",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=settings.web_workers,
        workers_kill_timeout=CONNECTIONS_END_WITHIN_S,
        respawn_failed_workers=True,
        websockets=True,
        log_dictconfig=logs.CONFIG,
    ).serve()
