"""How our processes write their log: plain lines on standard output, which `up` gives time and name."""

import logging.config
from typing import Any

CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)-7s %(name)s: %(message)s"}},
    "handlers": {
        "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "plain"}
    },
    "root": {"level": "INFO", "handlers": ["out"]},
    "loggers": {
        # They log every request with its URL, and a URL can hold a secret.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        # Its pool tells a whole traceback each time PostgreSQL is away; our own line says it once.
        "asyncpg.pool": {"level": "ERROR"},
        "alembic": {"level": "WARNING"},
        "_granian": {"level": "INFO", "handlers": [], "propagate": True},
        "granian.access": {"level": "INFO", "handlers": [], "propagate": True},
    },
}


def configure() -> None:
    """Make this process's log so; Granian does it in its own workers."""
    logging.config.dictConfig(CONFIG)
