"""The table leaves nothing out: a new mutation, field, state, error or table of the database fails here."""

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import InvalidInput
from tests.refusals import coverage
from tests.refusals.actors import MAY
from tests.refusals.coverage import REASONS, Tables
from tests.refusals.fields import FIELDS
from tests.refusals.ground import Ground
from tests.refusals.places import mutations
from tests.refusals.samples import SAMPLES
from tests.refusals.stage import Stage
from tests.refusals.statuses import STATELESS, STATUSES
from tests.resolvers.world import TABLES

OF_A_NEIGHBOUR = {
    "urgePickup": {"IllegalTransition"},
    "urgeShipment": {"IllegalTransition"},
    "withdrawUrge": {"UrgeRefused"},
}
"""Members of a union that several mutations share, and that this one never gives."""
UNREACHED = {"": "no problem at all"}
"""Codes of problems that no mutation can be brought to give, and why."""


def test_every_mutation_input_field_and_state_is_covered(ground: Ground) -> None:
    assert coverage.uncovered(ground, Tables()) == []


def _without(table: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in table.items() if each != name}


GAPS: dict[str, tuple[Tables, str]] = {
    "a call": (Tables(samples=_without(SAMPLES, "addNote")), "samples: addNote"),
    "roles": (Tables(may=_without(MAY, "addNote")), "roles: addNote"),
    "states": (Tables(statuses=_without(STATUSES, "addNote")), "states: addNote"),
    "no states": (Tables(stateless=_without(STATELESS, "saveShop")), "states: saveShop"),
    "a field": (Tables(rules=_without(FIELDS, "AddNoteInput.note")), "rules: AddNoteInput.note"),
    "a field too many": (Tables(rules={**FIELDS, "AddNoteInput.gone": FIELDS["AddNoteInput.note"]}),
                         "rules: AddNoteInput.gone"),
    "an optional field in every sample": (
        Tables(samples={**SAMPLES, "replyToTicket": SAMPLES["replyToTicket"][:2]}),
        "samples: replyToTicket(input.templateId)",
    ),
    "one state": (
        Tables(
            statuses={
                **STATUSES,
                "withdrawUrge": tuple(
                    replace(over, states=_without(dict(over.states), "ticket.URGE_PICKUP.WITHDRAWN"))
                    for over in STATUSES["withdrawUrge"]
                ),
            }
        ),
        "states: withdrawUrge(ticket.URGE_PICKUP.WITHDRAWN)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("gap", GAPS)
def test_what_is_left_out_is_found(ground: Ground, gap: str) -> None:
    tables, named = GAPS[gap]
    assert named in coverage.uncovered(ground, tables)


def test_every_error_that_is_promised_is_met(ground: Ground) -> None:
    told = coverage.told(ground)
    for mutation in mutations():
        never = coverage.promised(mutation) - told.members[mutation]
        assert never == OF_A_NEIGHBOUR.get(mutation, set()), mutation
    for member, (_, reasons) in REASONS.items():
        assert {each.value for each in reasons} == told.reasons[member]


def test_every_problem_that_the_product_knows_is_met(ground: Ground) -> None:
    """And the other way round: the table names no problem that there is none of."""
    met = coverage.told(ground).problems - {""}
    assert coverage.problem_codes() - set(UNREACHED) <= met
    assert InvalidInput.code not in met


async def test_a_snapshot_holds_every_table(stage: Stage) -> None:
    found = await stage.services.database.pool.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    assert sorted(row["tablename"] for row in found) == sorted(TABLES)
