"""The frame of the state machine: each act is done in both worlds, and after each both are looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant
from hypothesis.strategies._internal.featureflags import FeatureFlags

from resolvers.commands import Recorded, TicketsChanged
from tests.model import sight
from tests.model.policy import DAY, HOUR, MINUTE, MS
from tests.model.product import Product, row_told, told
from tests.model.refusal import Refused
from tests.model.shop import Shop

if TYPE_CHECKING:
    import asyncio
    from collections import Counter
    from collections.abc import Awaitable, Callable

    from resolvers.context import Context
    from tests.model.order import Order
    from tests.model.product import Servers
    from tests.model.ticket import Ticket

    UseCase = Callable[[Context, Any], Awaitable[Any]]

T0 = datetime(2026, 3, 10, 2, tzinfo=UTC)
KEY_DAYS = 7
"""How long a key is kept."""
MOST_ORDERS = 14
WHICH = st.integers(0, 31)
NUDGES = st.sampled_from([-MS, 0 * MS, MS])
WHENS = st.sampled_from(
    (
        "before the end",
        "before the end",
        "at the end",
        "after the end",
        "now",
        "earlier",
        "unpaid",
        "ahead",
        "too far ahead",
    )
)
"""When a fact is said to have happened."""


@dataclass
class Sent:
    """Something that was asked of both; `answer` once it has taken effect, `sent_at` then."""

    use_case: UseCase
    context: Context
    command: Any
    expected: Callable[[], Any]
    taken: Callable[[Any, Any], None]
    answer: Any = None
    sent_at: datetime = T0


class EveryRule(FeatureFlags):
    """In the place of Hypothesis's swarm, which leaves half of the rules out of each run: of fifty steps too
    few would then come to where the rules of the product meet."""

    def is_enabled(self, name: str) -> bool:
        del name
        return True


class Beside(RuleBasedStateMachine):
    """A product and a model, side by side. What people do is in the classes that are mixed in."""

    servers: ClassVar[Servers]
    runner: ClassVar[asyncio.Runner]
    counts: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self._rules_strategy.enabled_rules_strategy = st.just(EveryRule())
        self.now = T0
        self.shop = Shop()
        self.product = self.do(Product.founded(self.servers, T0))
        self.sent: list[Sent] = []
        self.counts["runs"] += 1
        self.looked = 0

    def do(self, asked: Awaitable[Any]) -> Any:
        async def done() -> Any:
            return await asked

        return self.runner.run(done())

    # ---- asking both

    def send(
        self,
        use_case: UseCase,
        context: Context,
        command: Any,
        expected: Callable[[], Any],
        taken: Callable[[Any, Any], None] = lambda _answer, _wanted: None,
    ) -> Any:
        """Ask both; what the model gives when both did it, None when both refused it alike.

        `taken` is given both answers, to look at them and to give the model's things their ids.
        """
        number = len(self.sent)
        keyed = replace(command, idempotency_key=f"key {number}") if number % 2 else command
        sent = Sent(use_case, context, keyed, expected, taken)
        self.sent.append(sent)
        return self.perform(sent)

    def perform(self, sent: Sent) -> Any:
        answer = self.do(told(sent.use_case(sent.context, sent.command)))
        try:
            wanted = sent.expected()
        except Refused as refusal:
            wanted = refusal
        if isinstance(answer, Refused) or isinstance(wanted, Refused):
            self.agree(wanted, answer)
            self.counts["refused"] += 1
            return None
        if keeps_key(answer):
            sent.answer, sent.sent_at = answer, self.now
        sent.taken(answer, wanted)
        return wanted

    def send_again(self, sent: Sent) -> None:
        """The same once more: what took effect under a key is answered again, what was refused asked anew."""
        if sent.answer is None:
            self.perform(sent)
            return
        answer = self.do(told(sent.use_case(sent.context, sent.command)))
        self.agree(plain(sent.answer), plain(answer))
        self.counts["sent again"] += 1

    def agree(self, wanted: object, seen: object) -> None:
        assert wanted == seen, f"the model says {wanted}, the product {seen}"

    # ---- looking at both

    @invariant()
    def both_stand_alike(self) -> None:
        self.looked += 1
        expected = sight.of_model(self.shop, self.now)
        seen = self.do(sight.of_product(self.product, sorted({each.buyer for each in self.shop.orders})))
        found = sight.differences(expected, seen)
        assert not found, "\n".join(["", *found])

    def teardown(self) -> None:
        self.counts["steps"] += self.looked

    # ---- choosing

    def ticket(self, which: int) -> Ticket:
        """One of the tickets, mostly an unclosed one, the newest first."""
        found = self.shop.tickets
        unclosed = [each for each in found if not each.closed]
        pool = unclosed if unclosed and which % 4 else found
        return pool[-1 - which // 4 % len(pool)]

    def order(self, which: int) -> Order:
        """One of the orders, mostly one with an unclosed ticket."""
        return self.ticket(which).order if self.shop.tickets and which % 3 else self.any_order(which)

    def any_order(self, which: int) -> Order:
        return self.shop.orders[-1 - which % len(self.shop.orders)]

    def moment(self, when: str, order: Order) -> datetime:
        """A time, by what it is near to: the end that runs or ran out last, the payment, now."""
        ends = [each.lost_at or each.ends_at for each in order.tickets]
        end = next((each for each in reversed(ends) if each is not None), self.now)
        near = {
            "before the end": end - MS,
            "at the end": end,
            "after the end": end + MS,
            "now": self.now,
            "earlier": self.now - HOUR,
            "unpaid": order.paid_at - MS,
            "ahead": self.now + 5 * MINUTE,
            "too far ahead": self.now + 5 * MINUTE + MS,
        }
        most = self.now + 5 * MINUTE + (MS if when == "too far ahead" else 0 * MS)
        return min(near[when], most)

    def young(self) -> list[Sent]:
        """What was sent with a key that is still kept."""
        return [
            each
            for each in self.sent[-8:]
            if each.command.idempotency_key is not None and self.now - each.sent_at < KEY_DAYS * DAY
        ]


def keeps_key(answer: Any) -> bool:
    """A call of which no row landed leaves its key unused."""
    return not isinstance(answer, Recorded | TicketsChanged) or any(row.error is None for row in answer.rows)


def plain(answer: Any) -> Any:
    """An answer as it can be compared: a row's error is an exception."""
    if isinstance(answer, Recorded):
        return [(row.outcome, row.id, row_told(row.error)) for row in answer.rows]
    if isinstance(answer, TicketsChanged):
        return [(row.ticket_id, row.shop_id, row.position, row_told(row.error)) for row in answer.rows]
    return answer
