"""Whether a port is free, and who has it."""

import socket

import psutil

from running.errors import StartError
from settings import Settings


def is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen there now.

    Raises:
        StartError: `host` is no address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise StartError(f"LANSHOU_HOST is {host!r}, which is no address of this machine") from None
    with socket.socket(family, kind, protocol) as probe:
        # As the servers do: a port whose last connections are closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except PermissionError:
            raise StartError(f"port {port} is for root only: set LANSHOU_PORT to 1024 or more") from None
        except OSError:
            return False
    return True


def check(settings: Settings) -> None:
    """Refuse to start where the web process's port is taken.

    Raises:
        StartError: with who has it, where that can be seen, and what to do.
    """
    port = settings.port
    if not is_free(settings.host, port):
        beside = port + 100 if port < 65_000 else port - 100  # noqa: PLR2004  (any other port would do)
        raise StartError(
            f"port {port} is in use{holder(port)}: stop that program, or run a copy beside it: "
            f"LANSHOU_PORT={beside} LANSHOU_DATA=.lanshou-{beside} make run"
        )


def holder(port: int) -> str:
    """Give " by NAME (process N)" for who listens on `port`, or nothing where we may not see it."""
    try:
        found = [
            each.pid
            for each in psutil.net_connections(kind="tcp")
            if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid
        ]
        return f" by {psutil.Process(found[0]).name()} (process {found[0]})" if found else ""
    except psutil.Error:
        return ""
