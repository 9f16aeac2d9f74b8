"""What a trial comes to: parts that each pass or fail, in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tests.trials.verdict import Verdict


class Part(Protocol):
    """One thing that was counted; its text is its figures."""

    @property
    def passed(self) -> bool:
        """Whether it is as promised."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number that has to be from `least` to `most`."""

    what: str
    found: float
    most: float = 0
    least: float = 0

    @property
    def passed(self) -> bool:
        """Whether it is."""
        return self.least <= self.found <= self.most

    def __str__(self) -> str:
        return f"{self.found if isinstance(self.found, int) else round(self.found, 2)} {self.what}"


@dataclass(frozen=True, slots=True)
class Findings:
    """All parts of one run."""

    parts: tuple[Part, ...]

    @property
    def passed(self) -> bool:
        """Every part did."""
        return all(part.passed for part in self.parts)

    @property
    def failed(self) -> str:
        """The parts that did not pass, as text."""
        return "; ".join(str(part) for part in self.parts if not part.passed)

    def __str__(self) -> str:
        return "; ".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Whole:
    """A verdict in which lateness does not matter."""

    verdict: Verdict

    @property
    def passed(self) -> bool:
        """Nothing lost, twice, early or torn."""
        return self.verdict.whole

    def __str__(self) -> str:
        return str(self.verdict)
