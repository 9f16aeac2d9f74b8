"""What a peer is started with: one JSON file, written by the benchmark, whose path is in `FILE`."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

FILE = "LANSHOU_BENCH_PEER"
SESSION = {
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "application_name": "peer",
}
"""Settings of every peer's connections: those of our own for reads (`db.database`)."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What our server sent to PostgreSQL for one request."""

    query: str
    variables: dict[str, Any]
    sql: str
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Given:
    """One peer's share. `shop_ids`: of the viewer, whose token a peer need not check."""

    port: int
    database_url: str
    shop_ids: list[UUID]
    connections: int
    recorded: list[Recorded] = field(default_factory=list)
    statements: dict[str, str] = field(default_factory=dict)
    schemes: list[dict[str, Any]] = field(default_factory=list)
    warnings: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write it to `path`."""
        path.write_bytes(orjson.dumps({**asdict(self), "session": SESSION}, default=str))

    @classmethod
    def read(cls) -> Given:
        """Read it from the file that the environment names."""
        found = orjson.loads(Path(os.environ[FILE]).read_bytes())
        del found["session"]
        found["shop_ids"] = [UUID(each) for each in found["shop_ids"]]
        found["recorded"] = [Recorded(**each) for each in found["recorded"]]
        return cls(**found)
