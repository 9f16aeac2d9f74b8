"""The known-bad controls: each planted bug makes random stories disagree with plain Python."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from db import figures as stored
from db import keys
from domain import figures, periods
from domain.events import FollowUpAction
from tests.figures import stories
from tests.figures.stories import DAY, MONDAY, TALES
from tests.figures.test_stories import disagreements

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.figures import Fact, Happened, Standing
    from resolvers.context import Services
    from tests.figures.conftest import Running

Patch = pytest.MonkeyPatch
WHOLE = (MONDAY - 7 * DAY, MONDAY + 35 * DAY, "DAY")


def rule(patch: Patch, action: FollowUpAction, wrong: Callable[[list[Fact]], list[Fact]]) -> None:
    """Let a rule give something else."""
    right = figures._RULES[action]
    patch.setitem(figures._RULES, action, lambda stands, happened: wrong(right(stands, happened)))


def shift_the_borders_by_eight_hours(patch: Patch) -> None:
    patch.setattr(periods, "SHANGHAI", UTC)
    patch.setattr(periods, "_MONDAY", datetime(1970, 1, 5, tzinfo=UTC))


def count_a_numerator_without_its_denominator(patch: Patch) -> None:
    rule(patch, FollowUpAction.REPLIED, lambda facts: [replace(fact, decided=0) for fact in facts])


def count_a_dismissed_complaint(patch: Patch) -> None:
    right = figures._taken_back
    patch.setattr(
        figures,
        "_taken_back",
        lambda stands, on_time=0: replace(right(stands, on_time=on_time), escalated=0),
    )


def count_a_round_twice(patch: Patch) -> None:
    """Once when it was replied to, and again when the parcel was picked up."""
    right = figures._RULES[FollowUpAction.PICKED_UP]

    def wrong(stands: Standing, happened: Happened) -> list[Fact]:
        stands.waiting = not stands.closed
        return right(stands, happened)

    patch.setitem(figures._RULES, FollowUpAction.PICKED_UP, wrong)


def count_for_staff_of_another_shop(patch: Patch) -> None:
    right, stranger = stored.row, keys.new()

    def wrong(*given: Any) -> dict[str, Any]:
        row = right(*given)
        return {**row, "member_id": row["member_id"] and stranger}

    patch.setattr(stored, "row", wrong)


def handle_a_ticket_again_in_each_round(patch: Patch) -> None:
    def wrong(stands: Standing, happened: Happened) -> int:
        return figures.whole_seconds(happened.at - stands.opened_at)

    patch.setattr(figures, "_handled", wrong)


def break_a_promise_that_was_withdrawn(patch: Patch) -> None:
    rule(patch, FollowUpAction.WITHDRAWN, lambda _: [figures.Fact(at=MONDAY, member_id=None, promised=1)])


def put_times_into_the_wrong_bins(patch: Patch) -> None:
    right = figures.bin_of
    patch.setattr(figures, "bin_of", lambda seconds: max(right(seconds) - 3, 0))


def leave_an_assigned_ticket_with_nobody(patch: Patch) -> None:
    rule(patch, FollowUpAction.ASSIGNED, lambda _: [])


async def check(services: Services, tales: list[Any]) -> None:
    """A shop's stories agree with plain Python."""
    shop = await stories.open_shop(services.database)
    await stories.tell(shop, tales)
    assert await disagreements(services, shop, [WHOLE]) == []


@pytest.mark.rule("§11.3")
@pytest.mark.parametrize(
    "bug",
    [
        shift_the_borders_by_eight_hours,
        count_a_numerator_without_its_denominator,
        count_a_dismissed_complaint,
        count_a_round_twice,
        count_for_staff_of_another_shop,
        handle_a_ticket_again_in_each_round,
        break_a_promise_that_was_withdrawn,
        put_times_into_the_wrong_bins,
        leave_an_assigned_ticket_with_nobody,
    ],
)
def test_the_stories_find(bug: Callable[[Patch], None], running: Running, monkeypatch: Patch) -> None:
    bug(monkeypatch)

    @hypothesis.settings(
        max_examples=150,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(TALES)
    def tell(tales: list[Any]) -> None:
        running.runner.run(check(running.services, tales))

    with pytest.raises(AssertionError):
        tell()
