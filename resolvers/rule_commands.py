"""What is asked for about the rules that are data: policies and exemptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolvers.commands import Command, Delete

if TYPE_CHECKING:
    from datetime import datetime

    from domain.exemptions import ExemptionBasis, ExemptionEnd
    from domain.shop import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePolicy(Command):
    """A new version of a market's policy: `document` is JSON text; `retime` puts open tickets under it."""

    market: Market
    document: str
    active_from: datetime | None = None
    retime: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveExemption(Command):
    """A new exemption (`id` None) or a change of one; None leaves a field as it is, but those `cleared`."""

    id: str | None = None
    title: str | None = None
    market: Market | None = None
    region: str | None = None
    end: ExemptionEnd | None = None
    basis: ExemptionBasis | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    latest_at: datetime | None = None
    cleared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteExemption(Delete):
    """Take an exemption back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A clock that is asked about: from `start`, for an order of these facts."""

    start: datetime
    window_hours: int
    market: Market
    origin_region: str | None = None
    destination_region: str | None = None
    paid_at: datetime | None = None
    ship_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class PolicySaved:
    """The version that a policy got."""

    market: str
    version: int
