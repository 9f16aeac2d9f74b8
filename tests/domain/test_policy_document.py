"""Policies as documents: the shipped files, what the schema takes, and what it cannot say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from db import policies
from domain import policy_document
from domain.policy import DEFAULT
from domain.rulebook import Rulebook, Version
from domain.shop import Market
from domain.ticket_words import TicketKind

T0 = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)


def document(market: Market = Market.GENERIC) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(policies.shipped(market).document)
    return found


@pytest.mark.rule("§6.2")
@pytest.mark.parametrize("market", Market)
def test_the_shipped_files_keep_to_the_schema_and_say_what_the_design_says(market: Market) -> None:
    Draft202012Validator.check_schema(policies.schema())
    assert list(Draft202012Validator(policies.schema()).iter_errors(document(market))) == []
    assert policy_document.problems(document(market)) == []
    assert policy_document.read(document(market), 1) == DEFAULT


def test_whole_numbers_may_be_written_with_a_point() -> None:
    assert policy_document.read({**document(), "reminderMinutes": [60.0]}, 1).reminder_minutes == (60,)
    assert isinstance(policy_document.read({**document(), "maxRounds": 2.0}, 1).max_rounds, int)


def test_faults_that_a_schema_cannot_say_are_named() -> None:
    bad = document()
    bad["replySchemes"] = [
        {**bad["replySchemes"][0], "kinds": ["URGE_PICKUP"]},
        {**bad["replySchemes"][0], "kinds": ["URGE_PICKUP"]},
    ]
    bad["complaints"]["noPickup"] = {"rate": "0.05", "least": "6.00", "most": "5.99"}
    assert [(each.code, each.path) for each in policy_document.problems(bad)] == [
        ("DUPLICATE", ("replySchemes", "1", "code")),
        ("OUT_OF_ORDER", ("complaints", "noPickup", "least")),
        ("REQUIRED", ("replySchemes",)),
    ]


def book(*starts: datetime) -> Rulebook:
    """Versions 2, 3 … that are in force from these times on; version 1 always was."""
    policy = document()
    made = [Version(at, policy_document.read(policy, 2 + place)) for place, at in enumerate(starts)]
    first = Version(datetime(1970, 1, 1, tzinfo=UTC), DEFAULT)
    return Rulebook(dict.fromkeys(Market, (first, *made)))


def test_in_force_is_the_one_that_came_last() -> None:
    rules = book(T0 + DAY, T0)
    ms = timedelta(milliseconds=1)
    wanted = {T0 - ms: 1, T0: 3, T0 + DAY - ms: 3, T0 + DAY: 2}
    assert {at: rules.current(Market.TMALL, at).version for at in wanted} == wanted


def test_of_two_from_the_same_moment_the_higher_number_is_in_force() -> None:
    assert book(T0, T0).current(Market.TMALL, T0).version == 3


def test_a_version_is_found_by_number_else_the_last_before_it() -> None:
    assert [book(T0).version(Market.TMALL, number).version for number in (1, 2, 9)] == [1, 2, 2]


def test_schemes_are_told_by_the_newest_version_that_has_them() -> None:
    rules = book(T0)
    assert rules.scheme(Market.TMALL, "OUT_OF_STOCK") == DEFAULT.reply_schemes[5]
    assert rules.scheme(Market.TMALL, "NO_SUCH") is None
    assert len(DEFAULT.schemes_for(TicketKind.URGE_SHIPMENT)) < len(DEFAULT.reply_schemes)
