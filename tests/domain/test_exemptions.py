"""What an exemption matches and how it moves a deadline, to the millisecond (`domain.md §5`)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.exemptions import Calendar, Exemption, ExemptionBasis, ExemptionEnd, OrderFacts, calendar
from domain.shop import Market

T0 = datetime(2026, 2, 10, 8, 0, 0, 123_000, tzinfo=UTC)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ORDER = OrderFacts(
    market=Market.TMALL,
    origin_region="330106",
    destination_region="440305",
    paid_at=T0 - 3 * DAY,
    ship_by=T0 - DAY,
)


def exemption(number: int = 1, **given_: object) -> Exemption:
    """A week from T0 on, put off to a day after its end."""
    week = {"starts_at": T0, "ends_at": T0 + 7 * DAY, "latest_at": T0 + 8 * DAY}
    return Exemption(id=UUID(int=number), **{**week, **given_})  # type: ignore[arg-type]


def of(*exemptions: Exemption, order: OrderFacts = ORDER) -> Calendar:
    return calendar(exemptions, order, revision=3, changed_at=T0)


@pytest.mark.rule("§5.5")
@pytest.mark.parametrize(
    ("base", "moved"),
    [
        (T0 - MS, False),
        (T0, True),
        (T0 + 7 * DAY - MS, True),
        (T0 + 7 * DAY, False),
    ],
)
def test_its_window_includes_its_beginning_and_not_its_end(base: datetime, *, moved: bool) -> None:
    assert of(exemption()).path(base).at == (T0 + 8 * DAY if moved else base)


@pytest.mark.rule("§5.5")
@pytest.mark.parametrize("basis", [ExemptionBasis.PAID_AT, ExemptionBasis.SHIP_BY])
@pytest.mark.parametrize(
    ("from_start", "moved"), [(-MS, False), (timedelta(0), True), (2 * DAY - MS, True), (2 * DAY, False)]
)
def test_payment_and_shipping_limit_are_judged_by_the_same_borders(
    basis: ExemptionBasis, from_start: timedelta, *, moved: bool
) -> None:
    told = exemption(basis=basis, starts_at=T0, ends_at=T0 + 2 * DAY, latest_at=T0 + 30 * DAY)
    name = "paid_at" if basis is ExemptionBasis.PAID_AT else "ship_by"
    order = replace(ORDER, **{name: T0 + from_start})  # type: ignore[arg-type]
    base = T0 + 20 * DAY  # the deadline itself is nowhere near
    assert of(told, order=order).path(base).at == (T0 + 30 * DAY if moved else base)


def test_what_is_not_known_falls_into_no_window() -> None:
    order = replace(ORDER, paid_at=None, ship_by=None)
    for basis in (ExemptionBasis.PAID_AT, ExemptionBasis.SHIP_BY):
        assert of(exemption(basis=basis, starts_at=T0 - 99 * DAY), order=order).path(T0).at == T0


@pytest.mark.rule("§5.4")
@pytest.mark.parametrize(
    ("region", "end", "covers"),
    [
        (None, ExemptionEnd.EITHER, True),
        ("33", ExemptionEnd.ORIGIN, True),
        ("33", ExemptionEnd.DESTINATION, False),
        ("33", ExemptionEnd.EITHER, True),
        ("4403", ExemptionEnd.DESTINATION, True),
        ("4403", ExemptionEnd.ORIGIN, False),
        ("4403", ExemptionEnd.EITHER, True),
        ("440305", ExemptionEnd.EITHER, True),
        ("440306", ExemptionEnd.EITHER, False),
        ("5", ExemptionEnd.EITHER, False),
    ],
)
def test_a_region_is_a_prefix_at_the_end_it_names(
    region: str | None, end: ExemptionEnd, *, covers: bool
) -> None:
    assert exemption(region=region, end=end).covers(ORDER) is covers


@pytest.mark.rule("§5.4")
def test_an_order_whose_region_is_unknown_or_coarser_is_in_no_region() -> None:
    unknown = replace(ORDER, origin_region=None, destination_region=None)
    coarse = replace(ORDER, origin_region="33", destination_region="44")
    assert not exemption(region="33").covers(unknown)
    assert not exemption(region="3301").covers(coarse)
    assert exemption().covers(unknown)


@pytest.mark.rule("§5.4")
@pytest.mark.parametrize(("market", "covers"), [(None, True), (Market.TMALL, True), (Market.TAOBAO, False)])
def test_a_market_is_the_shops_or_none(market: Market | None, *, covers: bool) -> None:
    assert exemption(market=market).covers(ORDER) is covers


@pytest.mark.rule("§5.2", "§5.6")
def test_it_never_moves_a_deadline_earlier() -> None:
    early = exemption(latest_at=T0 + HOUR)
    assert of(early).path(T0 + 2 * HOUR).at == T0 + 2 * HOUR
    assert of(early).path(T0 + HOUR).at == T0 + HOUR
    assert of(early).path(T0 + HOUR - MS).at == T0 + HOUR


@pytest.mark.rule("§5.6")
def test_moves_go_on_until_nothing_moves() -> None:
    """The second window holds only what the first has moved into it."""
    first = exemption(1)
    second = exemption(2, starts_at=T0 + 8 * DAY, ends_at=T0 + 9 * DAY, latest_at=T0 + 12 * DAY)
    path = of(second, first).path(T0)
    assert path.steps == (T0, T0 + 8 * DAY, T0 + 12 * DAY)
    assert path.moved_by == (first.id, second.id)


def test_of_two_that_apply_at_once_the_latest_counts_and_the_smaller_id_when_equal() -> None:
    short, long, same = exemption(1, latest_at=T0 + 9 * DAY), exemption(3), exemption(2)
    assert of(long, short).path(T0).moved_by == (short.id,)
    assert of(long, same).path(T0).moved_by == (same.id,)


MINUTES = st.integers(-20_000, 20_000).map(lambda minutes: T0 + timedelta(minutes=minutes))
EXEMPTIONS = st.lists(
    st.tuples(MINUTES, MINUTES, MINUTES, st.sampled_from(ExemptionBasis)).filter(
        lambda each: each[0] < each[1]
    ),
    max_size=6,
)


@pytest.mark.rule("§5.3")
@given(EXEMPTIONS, MINUTES, st.randoms())
def test_any_calendar_ends_moves_forward_only_and_cares_for_no_order(
    told: list[tuple[datetime, datetime, datetime, ExemptionBasis]], base: datetime, rng: object
) -> None:
    made = [
        exemption(number, starts_at=each[0], ends_at=each[1], latest_at=each[2], basis=each[3])
        for number, each in enumerate(told)
    ]
    path = of(*made).path(base)
    assert list(path.steps) == sorted(set(path.steps))
    assert path.steps[0] == base
    assert len(path.moved_by) == len(path.steps) - 1
    rng.shuffle(made)  # type: ignore[attr-defined]
    assert of(*made).path(base) == path
    again = of(*made).path(path.at)
    assert again.at == path.at
    assert not any(each.applies(ORDER, path.at) and each.latest_at > path.at for each in made)
