"""What is refused: the model's own, and the product's in the same words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(unsafe_hash=True)
class Refused(Exception):
    """The rules say no: the name of the error, and which of its kind or which fields are at fault."""

    kind: str
    why: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.kind} {sorted(self.why)}"


def refused(kind: str, *why: str) -> Refused:
    return Refused(kind, frozenset(why))


def in_words(error: Exception) -> Refused:
    """The product's refusal as the model would say it."""
    kind = type(error).__name__
    problems = getattr(error, "problems", None)
    if problems is not None:
        return refused(kind, *(field_of(problem.path) for problem in problems))
    reason = getattr(error, "refusal", None)
    return refused(kind) if reason is None else refused(kind, str(reason))


def field_of(path: tuple[str, ...]) -> str:
    """The input field at fault: `shippedAt` of `input.shipments.0.shippedAt`, `proofUrls` of a link in it."""
    names = [name for name in path if not name.isdecimal() and name not in {"input", "orders", "refunds"}]
    names = [name for name in names if name not in {"shipments", "events", "ticketIds"}] or ["ticketIds"]
    return names[0]
