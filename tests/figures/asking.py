"""Asking for figures as a client does, and holding the answer against what plain Python reckons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from schema.build import schema
from schema.context import Asked
from tests.figures import reckoning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from resolvers.context import Services
    from tests.figures.reckoning import Raw, Row

SET = """opened handled meanHandlingSeconds p50HandlingSeconds p90HandlingSeconds
  meanReminderToReplySeconds onTime { ...R } promiseKept { ...R } escalated { ...R }
  platformLiability { ...R } compensation penaltyPoints"""
FIGURES = f"""
query ($shop: ID!, $from: DateTime!, $to: DateTime!, $bucket: Bucket) {{
  shopFigures(shopId: $shop, from: $from, to: $to, bucket: $bucket) {{
    total {{ ...F }} byBucket {{ from to figures {{ ...F }} }}
    byStaff {{ staff {{ id }} figures {{ ...F }} }} }} }}
fragment R on Ratio {{ numerator denominator value }}
fragment F on FigureSet {{ {SET} }}"""
ROOT = Viewer(ActorKind.PLATFORM, "root")
NEAR = 0.02
LOOSE = ("p50HandlingSeconds", "p90HandlingSeconds")


def shown(moment: datetime) -> str:
    """An instant as clients write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"


async def ask(
    services: Services,
    shop_id: UUID,
    since: datetime,
    until: datetime,
    bucket: str = "DAY",
    viewer: Viewer = ROOT,
) -> Row:
    """The answer of `shopFigures`; fails where there are errors."""
    variables = {
        "shop": ids.encode(IdKind.SHOP, shop_id),
        "from": shown(since),
        "to": shown(until),
        "bucket": bucket,
    }
    result = await schema.execute(FIGURES, variable_values=variables, context_value=Asked(services, viewer))
    assert not result.errors, result.errors
    found: Row = loaded(result.data)["shopFigures"]
    return found


def loaded(data: Any) -> Any:
    """The data of an answer: a planned one is JSON text already."""
    return orjson.loads(orjson.dumps(data))


def differences(found: Row, raw: Raw, since: datetime, until: datetime, bucket: str) -> list[str]:
    """What an answer says otherwise than plain Python."""
    wanted = reckoning.expected(raw, since, until, bucket)
    for each in wanted["byBucket"]:
        each["from"], each["to"] = shown(each["from"]), shown(each["to"])
    for each in wanted["byStaff"]:
        each["staff"] = {"id": ids.encode(IdKind.STAFF_MEMBER, each["staff"])}
    return list(_differences(found, wanted, bucket))


def _differences(found: Any, wanted: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, dict):
        if list(found) != list(wanted):
            yield f"{path}: {list(found)} instead of {list(wanted)}"
        for key in wanted:
            yield from _differences(found.get(key), wanted[key], f"{path}.{key}")
    elif isinstance(wanted, list):
        if len(found) != len(wanted):
            yield f"{path}: {len(found)} instead of {len(wanted)}"
        for place, (one, other) in enumerate(zip(found, wanted, strict=False)):
            yield from _differences(one, other, f"{path}.{place}")
    elif path.endswith(LOOSE) and wanted is not None and found is not None:
        if abs(found - wanted) > wanted * NEAR:
            yield f"{path}: {found} instead of about {wanted}"
    elif found != wanted:
        yield f"{path}: {found!r} instead of {wanted!r}"
