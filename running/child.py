"""A process of ours: started, its lines printed, started again when it dies, ended."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from embedded import server as servers
from running.printer import Printer
from settings import Settings

CLI = Path(__file__).parents[1] / "cli.py"
# Every process of a copy bears its data folder in this variable, so that the next start finds those
# that outlived a kill -9, the grandchildren too.
MARK = "LANSHOU_RUN_BY"
FIRST_PAUSE_S = 0.5
LEFTOVERS_END_WITHIN_S = 3.0
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0


class Child:
    """One `cli.py` command in a session of its own, so that Ctrl-C reaches it only through us."""

    def __init__(self, name: str, command: str, printer: Printer) -> None:
        self.name = name
        self._command = command
        self._printer = printer
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._started = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._start_at: float | None = None

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The number of its latest process."""
        return self._process.pid if self._process else None

    def start(self, settings: Settings) -> None:
        """Start the process; addresses and keys go by its environment, never by its command line."""
        self._process = subprocess.Popen(
            [sys.executable, str(CLI), self._command],
            cwd=CLI.parent,
            env=settings.for_a_child({MARK: str(settings.data), "PYTHONUNBUFFERED": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._started = time.monotonic()
        self._start_at = None
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def revive(self, settings: Settings) -> None:
        """Start a dead process again, after a pause that doubles while it keeps dying."""
        if self.alive or self._process is None:
            return
        now = time.monotonic()
        if self._start_at is None:
            if now - self._started > STEADY_AFTER_S:
                self._pause_s = FIRST_PAUSE_S
            self._start_at = now + self._pause_s
            how = said_of(self._process.returncode)
            # Granian's workers outlive a killed Granian and would keep its port.
            self._end_session()
            self._printer.line("lanshou", f"{self.name} {how}; it starts again in {self._pause_s:g} s")
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        elif now >= self._start_at:
            self.start(settings)

    def ended(self) -> str:
        """Say how the process ended, after the last of its lines was printed."""
        if self._reader is not None:
            self._reader.join(1)
        return said_of(self._process.returncode if self._process else None)

    def ask_to_end(self) -> None:
        """Send SIGTERM to the process; it tells its own children."""
        if self._process is not None and self.alive:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds) for its end, then end whatever is left of its session."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        self._end_session()
        self._process.wait()
        if self._reader is not None:
            self._reader.join(1)

    def _end_session(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            with process.stdout as lines:
                for line in lines:
                    self._printer.line(self.name, line.rstrip())


def said_of(code: int | None) -> str:
    """Say in words how a process with this exit code ended."""
    if code is None:
        return "runs"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def end_leftovers(data: Path) -> int:
    """End the processes of an earlier copy in this folder that was killed; give how many there were."""
    left = [process for process in psutil.process_iter() if is_of(process, data)]
    for process in left:
        with suppress(psutil.Error):
            process.terminate()
    stubborn = servers.wait(left, LEFTOVERS_END_WITHIN_S)
    for process in stubborn:
        with suppress(psutil.Error):
            process.kill()
    servers.wait(stubborn, LEFTOVERS_END_WITHIN_S)
    return len(left)


def is_of(process: psutil.Process, data: Path) -> bool:
    """Tell whether a process belongs to the copy in this data folder."""
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == str(data)
    except (psutil.Error, OSError):
        return False  # Another account's, or gone.
