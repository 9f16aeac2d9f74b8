"""The queue with every filter, in every order, by every viewer who may watch it.

`SCREENS` is what screens ask for: it reads the pages of the ranges it merges and nothing else. Any other
filter and order may sort what few rows the filter leaves of a shop, or walk until it has a page.

What cannot be bounded: more rows of a shop than are few (1,000; 2,000 by time of opening), all at the far
end of an order that has nothing to do with the filter. Those are `far`: what was opened before a season, by
any other order, and what begins alike because it is of one season, as ticket numbers do, which begin with
their date. The walk then passes what lies before them, at worst a whole shop. So it is with two filters that
leave many rows each and few together. `docs/reads-at-a-million.md` tells how long that takes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from domain import ids
from domain.ids import IdKind
from resolvers.plan.declared import FEW
from resolvers.reads.tickets import OPENED_FEW
from tests.explain.cases import DAY, HOUR, PAGE, Case
from tests.explain.filling import RARE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.access import Viewer
    from tests.explain.cases import World

ORDERS = ("DEADLINE_AT", "OPENED_AT", "UPDATED_AT", "MONEY_AT_RISK")
QUEUE = ("DEADLINE_AT",)
NOT_QUEUE = ORDERS[1:]
NOT_OPENED = ("DEADLINE_AT", "UPDATED_AT", "MONEY_AT_RISK")
RUNNING = ["AWAITING_REPLY", "AWAITING_PICKUP"]
KINDS = 2
STATES = 6
LIST = """
query ($filter: TicketFilter, $order: TicketOrder, $first: Int, $after: String, $last: Int, $before: String) {
  list: tickets(
    filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before
  ) { pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id number } } }
}"""
SCREEN = """
query ($filter: TicketFilter, $order: TicketOrder) {
  tickets(filter: $filter, orderBy: $order, first: 50) {
    pageInfo { hasNextPage endCursor } streamCursor
    edges { cursor node {
      id number kind status urgency deadlineAt moneyAtRisk version updatedAt
      shop { id name } assignee { id displayName } order { number buyerNick itemTitle paidAmount }
      followUps(last: 3) { edges { node { action occurredAt note actor { name } } } }
    } }
  }
}"""
BESIDE = 50 * 12
"""Rows that a screen shows beside those of its list, of which it sorts three records a ticket."""
COUNT = "query ($filter: TicketFilter) { tickets(filter: $filter) { totalCount totalCountCapped } }"
COUNTED = 10_001


class Filter(NamedTuple):
    """A filter. `ranges` and `few`: of a shop, in each order; `far`: the orders that may walk far."""

    name: str
    wanted: dict[str, Any] | None
    ranges: dict[str, int]
    few: dict[str, int]
    far: tuple[str, ...] = ()
    counted: int = COUNTED
    """Rows that counting may read."""
    skips: int = 0
    """Rows that a walk may pass although the filter is a range."""


def ranges(queue: int, other: int) -> dict[str, int]:
    """So many index ranges a shop in the queue's order, and in each other."""
    return {name: queue if name in QUEUE else other for name in ORDERS}


def few(most: int, names: tuple[str, ...] = ORDERS) -> dict[str, int]:
    """What is few in these orders; in others the filter is a range."""
    return {name: most if name in names else 0 for name in ORDERS}


ONE = ranges(1, 1)
NONE = few(0)
LOOKED_UP = 6
"""Rows read for one that is looked up: its key, itself, and what is asked of it once more."""


def by_words(world: World) -> Iterator[Filter]:
    """By state, kind and urgency."""
    running = world.filled.tickets * 3 // 100
    yield Filter("all", None, ONE, NONE)
    for each in ("AWAITING_REPLY", "AWAITING_PICKUP", "REPLIED", "COMPLETED", "ESCALATED", "WITHDRAWN"):
        yield Filter(each, {"status": [each]}, ranges(KINDS, KINDS), NONE)
    yield Filter("all that run", {"status": RUNNING}, ranges(1, 2 * KINDS), NONE)
    still = ["REPLIED", "COMPLETED", "ESCALATED", "WITHDRAWN"]
    yield Filter("all that do not run", {"status": still}, ranges(4 * KINDS, 4 * KINDS), NONE)
    yield Filter("in no state", {"status": []}, ranges(0, 0), NONE)
    for kind in ("URGE_PICKUP", "URGE_SHIPMENT"):
        yield Filter(kind, {"kind": [kind]}, ranges(STATES, STATES), NONE)
    yield Filter(
        "URGE_SHIPMENT that runs", {"kind": ["URGE_SHIPMENT"], "status": RUNNING}, ranges(2, 2), NONE
    )
    clocks = few(FEW, NOT_QUEUE)
    yield Filter("OVERDUE, CRITICAL", {"urgency": ["OVERDUE", "CRITICAL"]}, ranges(1, 2 * KINDS), clocks)
    yield Filter("WARNING", {"urgency": ["WARNING"]}, ranges(1, 2 * KINDS), clocks)
    yield Filter("NORMAL", {"urgency": ["NORMAL"]}, ranges(1, 2 * KINDS), clocks, counted=COUNTED + running)
    apart = ["OVERDUE", "NORMAL"]
    yield Filter("OVERDUE, NORMAL", {"urgency": apart}, ranges(1, 2 * KINDS), clocks,
                 counted=COUNTED + running, skips=running)  # fmt: skip
    yield Filter("no clock", {"urgency": ["NONE"]}, ranges(1, 4 * KINDS), clocks)


def by_person(world: World) -> Iterator[Filter]:
    """By who works on them. Counting mine in one state reads all of mine: two filters that leave much."""
    member = {"assigneeId": world.public(IdKind.STAFF_MEMBER, "member")}
    person, with_states = few(FEW, NOT_QUEUE), ranges(1, 2 * KINDS)
    yield Filter("of a member", member, ONE, person)
    yield Filter("mine", {"assignedToMe": True}, ONE, person)
    yield Filter(
        "mine that run", {"assignedToMe": True, "status": RUNNING}, with_states, person, counted=60_000
    )
    yield Filter("mine, REPLIED", {"assignedToMe": True, "status": ["REPLIED"]}, ranges(KINDS, KINDS),
                 few(FEW), counted=world.filled.tickets // 4)  # fmt: skip
    yield Filter("not mine", {"assignedToMe": False}, ONE, NONE, skips=world.walked, counted=60_000)
    yield Filter("nobody's", {"unassigned": True}, ONE, person)
    yield Filter(
        "nobody's that run", {"unassigned": True, "status": RUNNING}, with_states, person, counted=60_000
    )
    yield Filter("somebody's", {"unassigned": False}, ONE, few(FEW))


def by_carrier(world: World) -> Iterator[Filter]:
    """By carrier: of every third parcel, of one in a thousand, of one in ten thousand, of none."""
    del world
    for name in ("YTO", "DEPPON", RARE, "nobody"):
        yield Filter(f"carrier {name}", {"carrier": [name]}, ONE, few(FEW), counted=60_000)
    yield Filter("carrier SF, all that run", {"carrier": ["SF"], "status": RUNNING}, ranges(1, 2 * KINDS),
                 few(FEW), counted=300_000)  # fmt: skip


def by_time(world: World) -> Iterator[Filter]:
    """By deadline and by opening: what runs, a day in the past, a season."""
    with_deadline, window = ranges(3 * KINDS, 3 * KINDS), few(FEW)
    soon, later = world.ago(-2 * HOUR), world.ago(-4 * HOUR)
    old, older = world.ago(99 * DAY), world.ago(100 * DAY)
    yield Filter("due within 2 h", {"deadlineBefore": soon}, with_deadline, window, counted=60_000)
    yield Filter("due in 2 h or later", {"deadlineAfter": soon}, with_deadline, window, counted=60_000)
    day = {"deadlineAfter": older, "deadlineBefore": old}
    yield Filter("was due on a day of the past", day, with_deadline, window, counted=60_000)
    yield Filter("AWAITING_REPLY, due in 2 to 4 h",
                 {"status": ["AWAITING_REPLY"], "deadlineAfter": soon, "deadlineBefore": later},
                 ranges(KINDS, KINDS), few(FEW, NOT_QUEUE), counted=60_000)  # fmt: skip
    opened = few(OPENED_FEW, NOT_OPENED)
    yield Filter("opened within 2 h", {"openedAfter": world.ago(2 * HOUR)}, ONE, opened)
    yield Filter("opened on a day of the past", {"openedAfter": older, "openedBefore": old}, ONE, opened)
    yield Filter("opened before 100 days", {"openedBefore": older}, ONE, opened, far=NOT_OPENED)


def by_search(world: World) -> Iterator[Filter]:
    """By prefix: whole words, what nothing begins with, what nearly everything begins with, a season."""
    some, sought = world.filled.some, few(FEW)
    for name, text in (
        ("ticket number", some["number"]),
        ("order number", some["order_number"]),
        ("waybill", some["waybill_number"]),
        ("buyer nick", some["buyer_nick"]),
        ("nothing", "zzzz"),
        ("first digits of each order number", some["order_number"][:2]),
        ("first letters of each third waybill", "YT8"),
    ):
        yield Filter(f"search: {name}", {"search": text}, ONE, sought, counted=60_000)
    yield Filter("search: REPLIED, waybill", {"search": some["waybill_number"], "status": ["REPLIED"]},
                 ranges(KINDS, KINDS), sought)  # fmt: skip
    yield Filter("search: a month of ticket numbers", {"search": some["number"][:5]}, ONE, sought, far=ORDERS,
                 counted=60_000)  # fmt: skip


def filters(world: World) -> list[Filter]:
    """Every filter alone, and what is often asked together."""
    return [each for make in (by_words, by_person, by_carrier, by_time, by_search) for each in make(world)]


SCREENS: dict[str, tuple[str, ...]] = {
    "all": ("DEADLINE_AT ASC", "OPENED_AT DESC", "UPDATED_AT DESC", "MONEY_AT_RISK DESC"),
    "all that run": ("DEADLINE_AT ASC", "OPENED_AT ASC", "MONEY_AT_RISK DESC"),
    "AWAITING_REPLY": ("DEADLINE_AT ASC", "OPENED_AT ASC", "MONEY_AT_RISK DESC"),
    "AWAITING_PICKUP": ("DEADLINE_AT ASC",),
    "REPLIED": ("DEADLINE_AT ASC", "UPDATED_AT DESC"),
    "COMPLETED": ("UPDATED_AT DESC",),
    "ESCALATED": ("UPDATED_AT DESC",),
    "WITHDRAWN": ("UPDATED_AT DESC",),
    "URGE_PICKUP": ("DEADLINE_AT ASC",),
    "URGE_SHIPMENT": ("DEADLINE_AT ASC",),
    "URGE_SHIPMENT that runs": ("DEADLINE_AT ASC",),
    "OVERDUE, CRITICAL": ("DEADLINE_AT ASC",),
    "WARNING": ("DEADLINE_AT ASC",),
    "of a member": ("DEADLINE_AT ASC",),
    "mine": ("DEADLINE_AT ASC",),
    "mine that run": ("DEADLINE_AT ASC",),
    "nobody's": ("DEADLINE_AT ASC",),
    "nobody's that run": ("DEADLINE_AT ASC",),
    "AWAITING_REPLY, due in 2 to 4 h": ("DEADLINE_AT ASC",),
    "opened within 2 h": ("OPENED_AT DESC",),
}
"""What screens ask for: filter, and the orders it is shown in. They search too, which sorts what it finds."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of paging: variables, and which of them is a cursor half way."""

    name: str
    variables: dict[str, Any] = field(default_factory=dict)
    deep: str = ""


FIRST = Way("first page", {"first": 50})
WAYS = (
    FIRST,
    Way("last page", {"last": 50}),
    Way("after half of the shop", {"first": 50}, "after"),
    Way("before half of the shop", {"last": 50}, "before"),
)


def screens(world: World) -> Iterator[Case]:
    """`SCREENS`, with all that such a screen shows of a ticket."""
    for each in filters(world):
        for order in SCREENS.get(each.name, ()):
            for name, viewer, shops in _viewers(world):
                merged = shops * each.ranges[order.partition(" ")[0]] * PAGE
                yield Case(
                    group=f"screen: {each.name}, {order}",
                    name=name,
                    viewer=viewer,
                    document=SCREEN,
                    variables={"filter": each.wanted, "order": _order(order)},
                    rows=merged + BESIDE,
                    sorted=max(merged, 50 * 3),
                )


def pages(world: World, *, whole: bool) -> Iterator[Case]:
    """Every filter in every order; with `whole` by every viewer in every way of paging.

    Else staff of one shop, and of all shops in the queue's own order, look at first pages.
    """
    for each in filters(world):
        known = SCREENS.get(each.name, ())
        for order in (f"{name} {way}" for name in ORDERS for way in ("ASC", "DESC")):
            for number, who in enumerate(_viewers(world)):
                if whole or not number or (number == 1 and order == "DEADLINE_AT ASC"):
                    ways = WAYS if whole or (order in known and not number) else (FIRST,)
                    yield from (_page(world, each, order, who, way) for way in ways)
    public = [ids.encode(IdKind.SHOP, each) for each in world.filled.shops]
    named = Filter("all of named shops", {"shopIds": public}, ONE, NONE)
    for order in ("DEADLINE_AT ASC", "UPDATED_AT DESC"):
        yield _page(world, named, order, ("platform", world.platform, world.shops), FIRST)


def counts(world: World, *, whole: bool) -> Iterator[Case]:
    """`totalCount` with every filter."""
    for each in filters(world):
        for name, viewer, shops in _viewers(world)[: 3 if whole else 1]:
            yield Case(
                group=f"totalCount: {each.name}",
                name=name,
                viewer=viewer,
                document=COUNT,
                variables={"filter": each.wanted},
                rows=each.counted + shops * LOOKED_UP,
                sorted=0,
            )


def _page(world: World, each: Filter, order: str, who: tuple[str, Viewer, int], way: Way) -> Case:
    name, viewer, shops = who
    by = order.partition(" ")[0]
    most, merged = each.few[by], each.ranges[by] * PAGE
    walked = most * LOOKED_UP * shops + world.walked if most else 0
    return Case(
        group=f"tickets: {each.name}{', far' if by in each.far else ''}",
        name=f"{name}, {order}, {way.name}",
        viewer=viewer,
        document=LIST,
        variables={**way.variables, "filter": each.wanted, "order": _order(order)},
        rows=world.filled.tickets * 5 if by in each.far else shops * merged + walked + each.skips,
        sorted=shops * max(merged, most),
        deep=(way.deep, world.half_way[by]) if way.deep else None,
    )


def _viewers(world: World) -> list[tuple[str, Viewer, int]]:
    named = f"{world.shops} shops"
    return [("one shop", world.one, 1), (named, world.every, world.shops),
            (f"platform, {named}", world.platform, world.shops)]  # fmt: skip


def _order(text: str) -> dict[str, str]:
    by, direction = text.split()
    return {"field": by, "direction": direction}
