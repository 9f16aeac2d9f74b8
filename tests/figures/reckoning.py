"""The figures of a shop reckoned from its raw records in plain Python, ticket by ticket (`domain.md §11`).

Written from what the figures mean, not from how the product counts: no facts, no sums, no bins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from db.database import Database

Row = dict[str, Any]
SHANGHAI = timezone(timedelta(hours=8))
COMPLETIONS = ("PICKED_UP", "REFUNDED", "ORDER_CLOSED")
LENGTHS = {"HOUR": timedelta(hours=1), "DAY": timedelta(days=1), "WEEK": timedelta(days=7)}


@dataclass(frozen=True)
class Moment:
    """Something to be counted: what, when, for whom, and how much of it."""

    what: str
    at: datetime
    whose: UUID | None
    much: Any = 1


@dataclass
class Raw:
    """Everything that is stored about one shop: its tickets with their records, and what else is needed."""

    tickets: list[Row]
    records: dict[UUID, list[Row]]
    complaints: dict[UUID, Row]
    members: list[Row]
    paid: list[datetime]

    @property
    def by_subject(self) -> dict[str, UUID]:
        """Members by the subject of their tokens."""
        return {member["subject"]: member["id"] for member in self.members}


async def raw(database: Database, shop_id: UUID) -> Raw:
    """Read all that is stored about a shop."""

    async def rows(text: str) -> list[Row]:
        return [dict(row) for row in await database.pool.fetch(text, shop_id)]

    records: dict[UUID, list[Row]] = {}
    for row in await rows("SELECT * FROM follow_up_record WHERE shop_id = $1 ORDER BY position"):
        records.setdefault(row["ticket_id"], []).append(row)
    complaints = await rows("SELECT * FROM complaint WHERE shop_id = $1")
    return Raw(
        tickets=await rows("SELECT * FROM ticket WHERE shop_id = $1"),
        records=records,
        complaints={row["ticket_id"]: row for row in complaints},
        members=await rows("SELECT * FROM staff_member WHERE shop_id = $1 ORDER BY created_at, id"),
        paid=[row["paid_at"] for row in await rows("SELECT paid_at FROM orders WHERE shop_id = $1")],
    )


class Told:
    """One ticket with its records, and questions to them."""

    def __init__(self, raw: Raw, ticket: Row) -> None:
        self.raw = raw
        self.ticket = ticket
        self.records = raw.records.get(ticket["id"], [])
        self.complaint = raw.complaints.get(ticket["id"])

    def first(self, *actions: str, among: Sequence[Row] | None = None) -> Row | None:
        """The first record of these actions."""
        rows = self.records if among is None else among
        return next((row for row in rows if row["action"] in actions), None)

    def assignee(self, at: Row) -> UUID | None:
        """Whose the ticket was when the record was written."""
        later = [
            row for row in self.records if row["action"] == "ASSIGNED" and row["position"] > at["position"]
        ]
        found: UUID | None = later[0]["assignee_before_id"] if later else self.ticket["assignee_id"]
        return found

    def replier(self, reply: Row) -> UUID | None:
        """Who replied, if a member did."""
        return self.raw.by_subject.get(reply["actor_subject"]) if reply["actor_kind"] == "STAFF" else None

    @property
    def excused(self) -> Row | None:
        """The record by which the system dismissed the complaint."""
        return next(
            (r for r in self.records if r["action"] == "COMPLAINT_RULED" and r["actor_kind"] == "SYSTEM"),
            None,
        )

    def stops(self, row: Row) -> bool:
        """Whether a record is a reply that stopped the clock."""
        return bool(
            row["action"] == "REPLIED"
            and self.ticket["kind"] == "URGE_PICKUP"
            and row["deadline_after"] is None
        )

    @property
    def escalation(self) -> Row | None:
        """The record of the filing."""
        return self.first("ESCALATED")

    @property
    def completion(self) -> Row | None:
        """The record that completed the ticket: none that was written after the complaint was filed."""
        return self.first(*COMPLETIONS) if self.ticket["status"] == "COMPLETED" else None

    @property
    def rounds(self) -> list[list[Row]]:
        """The records of each round."""
        found: list[list[Row]] = [[]]
        for row in self.records:
            if row["action"] == "REOPENED":
                found.append([])
            found[-1].append(row)
        return found

    def moments(self) -> Iterator[Moment]:
        """Everything of the ticket that counts."""
        yield Moment("opened", self.ticket["opened_at"], self.ticket["assignee_id"])
        yield from self.handling()
        for records in self.rounds:
            yield from self.window(records)
        for reply in [row for row in self.records if self.stops(row)]:
            yield from self.promise(reply)
        yield from self.answers()
        yield from self.ending()

    def handling(self) -> Iterator[Moment]:
        """The first handling, of the whole ticket."""
        found = next(
            (r for r in self.records if self.stops(r) or r is self.completion or r is self.excused), None
        )
        if found is not None:
            who = self.replier(found) if found["action"] == "REPLIED" else None
            took = found["occurred_at"] - self.ticket["opened_at"]
            yield Moment("handled", found["occurred_at"], who or self.assignee(found), seconds(took))

    def window(self, records: list[Row]) -> Iterator[Moment]:
        """The window of one round."""
        for row in records:
            if self.stops(row) or row is self.completion:
                who = (self.replier(row) if row["action"] == "REPLIED" else None) or self.assignee(row)
                yield Moment("decided", row["occurred_at"], who)
                yield Moment("on_time", row["occurred_at"], who)
                return
            if row["action"] == "ESCALATED":
                yield Moment("decided", row["occurred_at"], self.assignee(row))
                if self.excused is not None:
                    yield Moment("on_time", row["occurred_at"], self.assignee(row))
                return
            if row["action"] == "WITHDRAWN":
                return

    def promise(self, reply: Row) -> Iterator[Moment]:
        """The promise of one reply."""
        for row in self.records[reply["position"] :]:
            if row["action"] == "WITHDRAWN":
                return
            if row["action"] == "PROMISE_BROKEN" or row is self.completion:
                who = self.replier(reply) or self.assignee(row)
                yield Moment("promised", row["occurred_at"], who)
                lost_by_it = (
                    self.escalation is not None and row["occurred_at"] == self.escalation["occurred_at"]
                )
                if row is self.completion or (self.excused is not None and lost_by_it):
                    yield Moment("kept", row["occurred_at"], who)
                return

    def answers(self) -> Iterator[Moment]:
        """Replies after a reminder."""
        reminded = None
        for row in self.records:
            if row["action"] == "REMINDED":
                reminded = row["occurred_at"]
            if row["action"] == "REPLIED":
                if reminded is not None:
                    who = self.replier(row) or self.assignee(row)
                    yield Moment("answered", row["occurred_at"], who, seconds(row["occurred_at"] - reminded))
                reminded = None

    def ending(self) -> Iterator[Moment]:
        """How the ticket and its complaint ended."""
        if self.completion is not None:
            yield Moment("ended", self.completion["occurred_at"], self.assignee(self.completion))
        if self.escalation is None or self.complaint is None:
            return
        at, who = self.escalation["occurred_at"], self.assignee(self.escalation)
        yield Moment("ended", at, who)
        if self.complaint["status"] != "DISMISSED":
            yield Moment("escalated", at, who)
        if self.complaint["status"] not in {"UPHELD", "SETTLED"}:
            return
        last = next(
            row for row in reversed(self.records) if row["action"] in {"COMPLAINT_RULED", "COMPLAINT_SETTLED"}
        )
        who = self.assignee(last)
        yield Moment("compensation", last["occurred_at"], who, self.complaint["compensation"])
        if self.complaint["status"] == "UPHELD":
            yield Moment("upheld", last["occurred_at"], who)
            yield Moment("points", last["occurred_at"], who, self.complaint["penalty_points"])


def seconds(span: timedelta) -> int:
    """Whole seconds, half a second rounded up."""
    return int((span / timedelta(milliseconds=1) + 500) // 1000)


def figures(moments: Sequence[Moment], paid: int) -> Row:
    """A `FigureSet` of these moments as a client reads it; percentiles as they are."""

    def many(what: str) -> int:
        return sum(1 for each in moments if each.what == what)

    def mean(what: str) -> int | None:
        values = [each.much for each in moments if each.what == what]
        return int(Decimal(sum(values)) / len(values) + Decimal("0.5")) if values else None

    def share(above: str, below: int) -> Row:
        count = many(above)
        return {"numerator": count, "denominator": below, "value": count / below if below else None}

    times = sorted(each.much for each in moments if each.what == "handled")
    cost = sum((each.much for each in moments if each.what == "compensation"), Decimal("0.00"))
    return {
        "opened": many("opened"),
        "handled": len(times),
        "meanHandlingSeconds": mean("handled"),
        "p50HandlingSeconds": times[-(-len(times) // 2) - 1] if times else None,
        "p90HandlingSeconds": times[-(-len(times) * 9 // 10) - 1] if times else None,
        "meanReminderToReplySeconds": mean("answered"),
        "onTime": share("on_time", many("decided")),
        "promiseKept": share("kept", many("promised")),
        "escalated": share("escalated", many("ended")),
        "platformLiability": share("upheld", paid),
        "compensation": f"{cost:.2f}",
        "penaltyPoints": sum(each.much for each in moments if each.what == "points"),
    }


def cut(since: datetime, until: datetime, bucket: str) -> list[tuple[datetime, datetime]]:
    """The buckets of a period, found by walking from one to the next."""
    local = since.astimezone(SHANGHAI)
    start = local.replace(minute=0, second=0, microsecond=0)
    if bucket != "HOUR":
        start = start.replace(hour=0)
    if bucket == "WEEK":
        start -= timedelta(days=start.weekday())
    found = []
    while start < until:
        following = start + LENGTHS[bucket]
        found.append((max(start, since), min(following, until)))
        start = following
    return found


def anything(found: Row) -> bool:
    """Whether anything was counted: paid orders, which are everybody's, aside."""
    shares = (found[name] for name in ("onTime", "promiseKept", "escalated"))
    return (
        any(found[name] for name in ("opened", "handled", "penaltyPoints"))
        or any(share["denominator"] or share["numerator"] for share in shares)
        or found["meanReminderToReplySeconds"] is not None
        or found["platformLiability"]["numerator"] > 0
        or found["compensation"] != "0.00"
    )


def expected(raw: Raw, since: datetime, until: datetime, bucket: str) -> Row:
    """The `ShopFigures` of the period, as a client reads them; `staff` is the member's UUID."""
    moments = [each for ticket in raw.tickets for each in Told(raw, ticket).moments()]

    def within(start: datetime, end: datetime, whose: UUID | None = None) -> Row:
        kept = [each for each in moments if start <= each.at < end and (whose is None or each.whose == whose)]
        return figures(kept, sum(1 for at in raw.paid if start <= at < end))

    theirs = {member["id"]: within(since, until, member["id"]) for member in raw.members}
    return {
        "total": within(since, until),
        "byBucket": [
            {"from": start, "to": end, "figures": within(start, end)}
            for start, end in cut(since, until, bucket)
        ],
        "byStaff": [
            {"staff": member_id, "figures": found} for member_id, found in theirs.items() if anything(found)
        ],
    }
