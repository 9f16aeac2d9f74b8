"""A whole copy of Lanshou, started the way a person starts it, and asked the way a client asks."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import psutil

from domain.events import ActorKind
from embedded import server as servers
from embedded import state
from running import found, tokens
from settings import Settings

ROOT = Path(__file__).parents[2]
READY = "Lanshou is ready"
READY_WITHIN_S = 90
ENDS_WITHIN_S = 20


class Copy:
    """`cli.py up` in a folder and on ports of its own; `environment` are the variables it is given."""

    def __init__(self, folder: Path, **environment: str) -> None:
        others = {name: value for name, value in os.environ.items() if not name.startswith("LANSHOU_")}
        self.port = servers.any_free_port()
        self.environment = {
            **others,
            "LANSHOU_DATA": str(folder / "data"),
            "LANSHOU_PORT": str(self.port),
            "LANSHOU_WORKER_PORT": str(servers.any_free_port()),
            **environment,
        }
        self.settings = Settings.read(self.environment)
        self._log = folder / "up.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str) -> None:
        """Start it and wait until it says that it is ready."""
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "cli.py"), "up", *words],
                env=self.environment,
                cwd=ROOT,
                stdout=out,
                stderr=out,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while READY not in self.said():
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)
        self.settings = found.settings(self.settings)

    def stop(self) -> None:
        """End it as Ctrl-C would."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            assert self._process.wait(ENDS_WITHIN_S) == 0, self.said()

    def restart_web(self) -> None:
        """End the web process as a deployment would, and wait until `up` has started it again."""
        web = psutil.Process(state.read(self.settings.data)["web"]["pid"])
        web.terminate()
        web.wait(ENDS_WITHIN_S)
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._answers():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).is_success
        except httpx.HTTPError:
            return False

    def said(self) -> str:
        """Its log so far."""
        return self._log.read_text()

    @property
    def url(self) -> str:
        """Where its GraphQL is."""
        return f"http://127.0.0.1:{self.port}/graphql"

    def token(self, role: ActorKind, subject: str, shops: Sequence[str] = (), *, owner: bool = False) -> str:
        """What `cli.py token` prints, without the second that starting it takes."""
        made = tokens.one(self.settings, role, subject, shops, owner=owner, ttl=timedelta(hours=1))
        return asyncio.run(made)

    def ask(self, token: str, document: str, **variables: object) -> dict[str, Any]:
        """The data that a query or mutation gives."""
        answer = httpx.post(
            self.url,
            json={"query": document, "variables": variables},
            headers={"authorization": f"Bearer {token}"},
            timeout=10,
        ).json()
        assert not answer.get("errors"), answer
        data: dict[str, Any] = answer["data"]
        return data

    def push(self, form: dict[str, str]) -> httpx.Response:
        """Send a Kuaidi100 push."""
        return httpx.post(
            f"http://127.0.0.1:{self.port}/hooks/kuaidi100",
            content=urlencode(form),
            headers={"content-type": "application/x-www-form-urlencoded"},
            timeout=10,
        )


def signed(salt: str, company: str, number: str, at: datetime, code: str) -> dict[str, str]:
    """A Kuaidi100 push of one scan, as Kuaidi100 signs it."""
    shanghai = at.astimezone(UTC) + timedelta(hours=8)
    scan = {
        "time": shanghai.strftime("%Y-%m-%d %H:%M:%S"),
        "ftime": shanghai.strftime("%Y-%m-%d %H:%M:%S"),
        "context": "【样例市】快件已被【样例营业部】揽收",
        "status": "揽收",
        "statusCode": code,
    }
    result = {"message": "ok", "state": "1", "com": company, "nu": number, "data": [scan]}
    param = json.dumps({"status": "polling", "lastResult": result}, ensure_ascii=False)
    # MD5 is what Kuaidi100 signs with.
    sign = hashlib.md5((param + salt).encode(), usedforsecurity=False).hexdigest().upper()
    return {"sign": sign, "param": param}
