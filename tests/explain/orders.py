"""Lists of orders with every filter, by every viewer: a buyer sees few, which need no walk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from resolvers.plan.declared import FEW
from tests.explain.cases import DAY, PAGE, Case
from tests.explain.tickets import COUNTED, FIRST, LOOKED_UP, WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.explain.cases import World
    from tests.explain.tickets import Way

LIST = """
query ($filter: OrderFilter, $first: Int, $after: String, $last: Int, $before: String) {
  list: orders(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id number status } }
  }
}"""
SCREEN = """
query ($filter: OrderFilter) {
  orders(filter: $filter, first: 50) {
    pageInfo { hasNextPage endCursor }
    edges { cursor node {
      id number status buyerNick paidAmount paidAt shop { name }
      parcels { id carrier waybillNumber pickedUpAt trackingEvents(first: 1) { edges { node { code } } } }
    } }
  }
}"""
COUNT = "query ($filter: OrderFilter) { orders(filter: $filter) { totalCount totalCountCapped } }"
BESIDE = 50 * 8
"""Rows that a screen shows beside its orders, of which it sorts the parcels of each."""
OF_A_BUYER = 60
SCREENS = ("all", "SHIPPED", "awaiting pickup", "paid within a week")
"""What screens ask for, beside searching."""


class Filter(NamedTuple):
    """A filter. `ranges`: of a shop; `few`: where it is none; `skips`: rows that a walk may pass."""

    name: str
    wanted: dict[str, Any] | None
    ranges: int = 1
    few: int = 0
    skips: int = 0
    counted: int = COUNTED


def filters(world: World) -> list[Filter]:
    """Every filter alone, and what is often asked together."""
    some = world.filled.some
    week, older = world.ago(7 * DAY), world.ago(100 * DAY)
    states = ("PAID", "SHIPPED", "PICKED_UP", "SIGNED", "REFUNDED", "CLOSED")
    searches = {
        "order number": some["order_number"],
        "waybill": some["waybill_number"],
        "buyer nick": some["buyer_nick"],
        "nothing": "zzzz",
        "first digits of each number": some["order_number"][:2],
        "first letters of each third waybill": "YT8",
    }
    return [
        Filter("all", None),
        *(Filter(each, {"status": [each]}) for each in states),
        Filter("PAID, SHIPPED, SIGNED", {"status": ["PAID", "SHIPPED", "SIGNED"]}, ranges=3),
        Filter("awaiting pickup", {"awaitingPickup": True}),
        Filter("not awaiting pickup", {"awaitingPickup": False}, skips=2 * world.walked, counted=60_000),
        Filter("paid within a week", {"paidAfter": week}),
        Filter("paid on a day of the past", {"paidAfter": older, "paidBefore": world.ago(99 * DAY)}),
        Filter("SHIPPED, paid within a week", {"status": ["SHIPPED"], "paidAfter": week}),
        *(
            Filter(f"search: {name}", {"search": text}, few=FEW, counted=90_000)
            for name, text in searches.items()
        ),
        Filter("search: SIGNED, nick", {"search": some["buyer_nick"], "status": ["SIGNED"]}, few=FEW),
    ]


def screens(world: World) -> Iterator[Case]:
    """`SCREENS`, with all that such a screen shows of an order."""
    for each in filters(world):
        if each.name not in SCREENS:
            continue
        for name, viewer, shops in (("one shop", world.one, 1), ("all shops", world.every, world.shops)):
            yield Case(
                group=f"screen: orders, {each.name}",
                name=name,
                viewer=viewer,
                document=SCREEN,
                variables={"filter": each.wanted},
                rows=shops * PAGE + BESIDE,
                sorted=max(shops * PAGE, 50 * 3),
            )


def pages(world: World, *, whole: bool) -> Iterator[Case]:
    """Every filter, by every viewer; in every way of paging where it is `whole` or in one shop."""
    for each in filters(world):
        for number in range(5):
            yield from (
                _page(world, each, number, way) for way in (WAYS if whole or not number else (FIRST,))
            )


def counts(world: World, *, whole: bool) -> Iterator[Case]:
    """`totalCount` with every filter."""
    for each in filters(world):
        for number in range(5 if whole else 1):
            name, viewer, shops = _viewer(world, number)
            yield Case(
                group=f"totalCount: orders, {each.name}",
                name=name,
                viewer=viewer,
                document=COUNT,
                variables={"filter": each.wanted},
                rows=each.counted + shops * LOOKED_UP,
                sorted=0,
            )


def _page(world: World, each: Filter, number: int, way: Way) -> Case:
    name, viewer, shops = _viewer(world, number)
    merged = each.ranges * PAGE
    walked = each.few * LOOKED_UP * shops + world.walked if each.few else 0
    buyer = not shops
    return Case(
        group=f"orders: {each.name}",
        name=f"{name}, {way.name}",
        viewer=viewer,
        document=LIST,
        variables={**way.variables, "filter": each.wanted},
        rows=OF_A_BUYER if buyer else shops * merged + walked + each.skips,
        sorted=OF_A_BUYER if buyer else shops * max(merged, each.few),
        deep=(way.deep, world.half_way["PAID_AT"]) if way.deep else None,
    )


def _viewer(world: World, number: int) -> Any:
    """A viewer, and how many shops are walked: none for a buyer."""
    return (
        ("one shop", world.one, 1),
        (f"{world.shops} shops", world.every, world.shops),
        (f"platform, {world.shops} shops", world.platform, world.shops),
        ("integration", world.integration, world.shops),
        ("consumer", world.consumer, 0),
    )[number]
