"""One readable log of several processes: time, coloured name, line."""

import os
import sys
import threading
from datetime import datetime
from typing import TextIO

from rich.console import Console

COLOURS = {"lanshou": 36, "web": 32, "worker": 33, "story": 35}
WIDTH = max(map(len, COLOURS))


class Printer:
    """Prints whole lines, also from several threads at once."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._lock = threading.Lock()
        # rich knows the terminals, NO_COLOR and pipes.
        self._coloured = Console(file=out).color_system is not None

    def line(self, name: str, text: str) -> None:
        """Print one line of the process `name`; a reader that went away (`| head`) is no error."""
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        shown = f"{name:<{WIDTH}}"
        if self._coloured:
            shown = f"\x1b[{COLOURS.get(name, 37)}m{shown}\x1b[0m"
        with self._lock:
            try:
                self._out.write(f"{now} {shown} | {text}\n")
                self._out.flush()
            except BrokenPipeError:
                # Later lines go nowhere, and the interpreter's last flush must not fail either.
                self._out = open(os.devnull, "w")  # noqa: PTH123, SIM115  (lives as long as the process)
                os.dup2(self._out.fileno(), 1)

    def lines(self, name: str, text: str) -> None:
        """Print each line of `text`."""
        for line in text.splitlines():
            self.line(name, line)
