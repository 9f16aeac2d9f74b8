"""All rules that are data, as they stand at one revision: policies of every market, and exemptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from domain import exemptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from domain.exemptions import Calendar, Exemption, OrderFacts
    from domain.policy import Policy
    from domain.replies import ReplyScheme
    from domain.shop import Market


class Version(NamedTuple):
    """A policy, and from when on new tickets open under it."""

    active_from: datetime
    policy: Policy


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules at `revision`, made at `changed_at`. `versions` hold each market's, by their number."""

    versions: Mapping[Market, tuple[Version, ...]]
    revision: int = 0
    changed_at: datetime = exemptions.NEVER
    exemptions: tuple[Exemption, ...] = ()

    def current(self, market: Market, at: datetime) -> Policy:
        """What a ticket that opens at `at` is under: of those in force the one that came last."""
        in_force = [each for each in self.versions[market] if each.active_from <= at]
        return max(in_force, key=lambda each: (each.active_from, each.policy.version)).policy

    def version(self, market: Market, number: int) -> Policy:
        """The policy a ticket was opened under.

        A shop that has gone to another market has tickets whose number that market may lack: its last
        version before it stands in.
        """
        return max(
            (each.policy for each in self.versions[market] if each.policy.version <= number),
            key=lambda policy: policy.version,
        )

    def scheme(self, market: Market, code: str) -> ReplyScheme | None:
        """What a scheme's code means, by the newest version of the market that has it, else of any."""
        markets = [market, *(each for each in self.versions if each is not market)]
        for each in markets:
            for version in reversed(self.versions[each]):
                for scheme in version.policy.reply_schemes:
                    if scheme.code == code:
                        return scheme
        return None

    def meanings(self, code: str) -> tuple[ReplyScheme, ...]:
        """Every scheme of this code that some ticket may be under, each once."""
        known = (
            scheme
            for versions in self.versions.values()
            for version in versions
            for scheme in version.policy.reply_schemes
            if scheme.code == code
        )
        return tuple(dict.fromkeys(known))

    def codes(self, market: Market) -> tuple[str, ...]:
        """The codes of all schemes that a market has had, those of its first version first."""
        schemes = (scheme for version in self.versions[market] for scheme in version.policy.reply_schemes)
        return tuple(dict.fromkeys(scheme.code for scheme in schemes))

    def calendar(self, order: OrderFacts) -> Calendar:
        """The exemptions that concern an order."""
        return exemptions.calendar(self.exemptions, order, revision=self.revision, changed_at=self.changed_at)
