"""The web process: Granian with its workers, in the foreground."""

import os

from granian import Granian
from granian.constants import Interfaces, Loops

from running import logs
from settings import Settings

CONNECTIONS_END_WITHIN_S = 4


def serve(settings: Settings) -> None:
    """Serve `app:create` until SIGINT or SIGTERM."""
    # Granian's workers are processes of their own, which read their settings from the environment.
    os.environ.update(settings.as_environment())
    Granian(
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
