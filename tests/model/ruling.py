"""What the platform changes of the rules themselves: exemptions and policies (`domain.md §3-§5`)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
from hypothesis.stateful import initialize, precondition, rule

from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.shop import Market as Marketplace
from resolvers import commands, exemptions, policies
from resolvers.rule_commands import DeleteExemption, PolicySaved, SaveExemption, SavePolicy
from tests.model.beside import WHICH
from tests.model.calendar import Exemption
from tests.model.policy import DAY, HOUR, MS, Policy
from tests.model.product import document
from tests.model.scheme import Answer
from tests.model.stories import Stories
from tests.model.ticket import OPEN

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from tests.model.ticket import Ticket

BASES = st.sampled_from(("DEADLINE", "DEADLINE", "PAID_AT", "SHIP_BY"))
REGIONS = st.sampled_from((None, None, "33", "3301", "44"))
ENDS = st.sampled_from(("ORIGIN", "DESTINATION", "EITHER"))
MARKETS = st.sampled_from((None, None, "GENERIC", "TMALL"))
PLACES = st.tuples(REGIONS, ENDS, MARKETS)
Place = tuple[str | None, str, str | None]
EDGES = st.sampled_from((-HOUR, 0 * MS, MS))
"""Where a window begins or ends, beside what is judged by it: an hour before, at it, just after it."""
PAIRS = st.tuples(EDGES, EDGES)
WAKES = st.sampled_from((True, True, False))
WINDOW_ENDS = st.sampled_from((MS, MS, 0 * MS))
PUT_OFF = st.sampled_from((-HOUR, -HOUR, HOUR, 3 * DAY))
ACTS = st.sampled_from(("reply", "due", "due", "retime"))
BACK = st.sampled_from(("later", "later", "at once", "never"))
LATER = st.sampled_from((HOUR, 30 * HOUR, 3 * DAY))
CHANGES: tuple[dict[str, Any], ...] = (
    {"reply_window": 6 * HOUR},
    {"reply_window": 48 * HOUR, "pickup_window": 36 * HOUR},
    {"reminders": (120, 30)},
    {"rounds": 2},
    {"most_a_day": Decimal(60), "most_points": 1},
    {"shipping_limit": 72 * HOUR},
    {"waybill_changes": 1, "no_pickup_share": "0.10"},
)
MOST_EXEMPTIONS = 4


class Ruling(Stories):
    """The rules are data, and change while tickets are open."""

    def __init__(self) -> None:
        super().__init__()
        self.versions = 1

    @initialize(strict=st.booleans(), opening=st.sampled_from(("urged", "unshipped", "nothing")))
    def begin(self, opening: str, *, strict: bool) -> None:
        """Perhaps under caps that are soon reached, perhaps with an order that is urged."""
        if strict:
            self.versions += 1
            self.save_policy(replace(Policy(), version=self.versions, most_a_day=Decimal(60), most_points=1))
        if opening != "nothing":
            self.urged("129.00", 1 if opening == "urged" else 0)

    def save_exemption(self, wanted: Exemption, known: str | None = None) -> None:
        command = SaveExemption(
            id=known,
            title="春节",
            basis=ExemptionBasis(wanted.basis),
            end=ExemptionEnd(wanted.matched),
            region=wanted.region,
            market=None if wanted.market is None else Marketplace(wanted.market),
            starts_at=wanted.start,
            ends_at=wanted.end,
            latest_at=wanted.latest,
            cleared=tuple(name for name in ("region", "market") if getattr(wanted, name) is None),
        )

        def saved(answer: commands.Saved, _: object) -> None:
            self.shop.calendar.exemptions[answer.id] = wanted
            self.follow_rules()

        root, calendar = self.product.world.platform, self.shop.calendar
        self.send(exemptions.save, root, command, lambda: calendar.changed(self.now), saved)

    def judged(self, which: int, basis: str) -> datetime:
        """What an exemption of this basis would judge of one of the orders."""
        order = self.order(which)
        deadlines = [each.deadline for each in order.tickets if each.deadline is not None]
        moments = {"PAID_AT": order.paid_at, "SHIP_BY": order.ship_by}
        return moments.get(basis, (deadlines or [order.ship_by])[-1])

    @precondition(
        lambda self: bool(self.shop.orders) and len(self.shop.calendar.exemptions) < MOST_EXEMPTIONS
    )
    @rule(which=WHICH, basis=BASES, edges=PAIRS, later=LATER, where=PLACES, wakes=WAKES)
    def an_exemption_is_added(
        self,
        which: int,
        basis: str,
        edges: tuple[timedelta, timedelta],
        later: timedelta,
        where: Place,
        *,
        wakes: bool,
    ) -> None:
        self.save_exemption(self.drawn(which, basis, edges, later, where))
        if wakes:
            self.work()

    def drawn(
        self, which: int, basis: str, edges: tuple[timedelta, timedelta], later: timedelta, where: Place
    ) -> Exemption:
        """Mostly to somewhere after the deadline, sometimes to before it: then it moves nothing."""
        judged = self.judged(which, basis)
        start = judged + edges[0]
        end = max(judged + edges[1] if which % 2 else judged + DAY, start + MS)
        earlier = 2 * HOUR if which % 5 == 0 else 0 * MS
        latest = max(self.judged(which, "DEADLINE") + later - earlier, start + MS)
        return Exemption(basis, start, end, latest, *where)

    @precondition(lambda self: bool(self.shop.calendar.exemptions))
    @rule(which=WHICH, basis=BASES, edges=PAIRS, later=LATER, where=PLACES)
    def an_exemption_is_changed(
        self, which: int, basis: str, edges: tuple[timedelta, timedelta], later: timedelta, where: Place
    ) -> None:
        known = list(self.shop.calendar.exemptions)[which % len(self.shop.calendar.exemptions)]
        self.save_exemption(self.drawn(which, basis, edges, later, where), known)

    @precondition(lambda self: len(self.shop.calendar.exemptions) < MOST_EXEMPTIONS)
    @rule(which=WHICH, basis=BASES, edge=WINDOW_ENDS, later=PUT_OFF, acts=ACTS, back=BACK)
    def an_exemption_comes_while_a_clock_runs(
        self, which: int, basis: str, edge: timedelta, later: timedelta, acts: str, back: str
    ) -> None:
        """Then the deadline comes that stood before; and the exemption may be taken back."""
        ticket = self.running(which)
        if ticket is None or ticket.deadline is None:
            return
        order = ticket.order
        before = ticket.deadline
        judged = {"PAID_AT": order.paid_at, "SHIP_BY": order.ship_by}.get(basis, before)
        start, latest = judged - HOUR, max(before + later, judged)
        self.save_exemption(Exemption(basis, start, judged + edge, latest))
        if back == "at once":
            self.take_back(list(self.shop.calendar.exemptions)[-1])
        self.pass_until(before, works=False)
        if acts == "reply":
            self.reply(ticket, Answer("OUT_OF_STOCK", note=True))
        else:
            self.work(retimes=acts == "retime")
        if back == "later":
            self.take_back(list(self.shop.calendar.exemptions)[-1])
            self.work()

    def running(self, which: int) -> Ticket | None:
        """A ticket whose clock runs; a new one if there is none."""
        found = [each for each in self.shop.tickets if each.status in OPEN]
        return found[which % len(found)] if found else self.latest(self.urged("129.00", which % 3))

    @precondition(lambda self: bool(self.shop.calendar.exemptions))
    @rule(which=WHICH, wakes=WAKES)
    def an_exemption_is_taken_back(self, which: int, *, wakes: bool) -> None:
        self.take_back(list(self.shop.calendar.exemptions)[which % len(self.shop.calendar.exemptions)])
        if wakes:
            self.work()

    def take_back(self, known: str) -> None:

        def take_back() -> None:
            del self.shop.calendar.exemptions[known]
            self.shop.calendar.changed(self.now)

        root = self.product.world.platform
        self.send(
            exemptions.delete, root, DeleteExemption(id=known), take_back, lambda *_: self.follow_rules()
        )

    @precondition(lambda self: self.versions < 5)
    @rule(which=WHICH, change=st.sampled_from(CHANGES), retime=st.booleans(), wakes=WAKES)
    def a_policy_is_saved(self, which: int, change: dict[str, Any], *, retime: bool, wakes: bool) -> None:
        """Mostly while a clock runs, and a worker sees to it at once."""
        if wakes:
            self.running(which)
        self.versions += 1
        policy = replace(self.shop.policy(self.now), version=self.versions, **change)
        self.save_policy(policy, retime=retime)
        if wakes:
            self.work()

    def save_policy(self, policy: Policy, *, retime: bool = False) -> None:
        command = SavePolicy(market=Marketplace.GENERIC, document=document(policy), retime=retime)
        root = self.product.world.platform
        self.send(
            policies.save,
            root,
            command,
            lambda: self.shop.save_policy(policy, self.now, retime=retime),
            self.saved_policy,
        )

    def saved_policy(self, answer: PolicySaved, _: object) -> None:
        self.agree(self.versions, answer.version)
        self.follow_rules()

    def follow_rules(self) -> None:
        """What a process does every half second that only reads."""
        self.do(self.product.follow_rules())
