"""What happened to a ticket: records with their replies and waybill changes, cards, the complaint."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry.types import Info

from benchmarks.peers.stock.loaders import Row
from benchmarks.peers.stock.paging import PageInfo, cursor, page_info
from benchmarks.peers.stock.parcels import Parcel, loaders, public_id
from domain import replies
from domain.cards import CardKind, DeliveryStatus
from domain.complaint import ComplaintStatus
from domain.events import ActorKind, FollowUpAction
from domain.ids import IdKind
from domain.replies import ReplyRequirement
from schema.types.node import present


@strawberry.type
class Actor:
    """Who did it."""

    kind: ActorKind
    name: str


@strawberry.type
class ReplyScheme:
    """One way of replying."""

    code: str
    label: str
    requires: list[ReplyRequirement]
    longest_promise_hours: int
    stops_clock: bool

    @classmethod
    def of(cls, scheme: replies.ReplyScheme, locale: str) -> "ReplyScheme":
        """From the rules, in a language."""
        return cls(
            code=scheme.code,
            label=scheme.label(locale),
            requires=list(scheme.requires),
            longest_promise_hours=int(scheme.longest_promise.total_seconds() // 3600),
            stops_clock=scheme.stops_clock,
        )


@strawberry.type
class Reply:
    """A seller's reply."""

    scheme: ReplyScheme
    note: str | None
    promised_pickup_at: datetime | None
    proof_urls: list[str]


async def _old(root: "WaybillChange", info: Info) -> Parcel:
    return Parcel.of(present(await loaders(info).parcels.load(root.old_id)))


async def _new(root: "WaybillChange", info: Info) -> Parcel:
    return Parcel.of(present(await loaders(info).parcels.load(root.new_id)))


@strawberry.type
class WaybillChange:
    """One number in the place of another."""

    old_id: strawberry.Private[UUID]
    new_id: strawberry.Private[UUID]
    reason: str | None
    old: Parcel = strawberry.field(resolver=_old, name="from")
    new: Parcel = strawberry.field(resolver=_new, name="to")


@strawberry.type
class FollowUpRecord:
    """Something that happened to a ticket."""

    uuid: strawberry.Private[UUID]
    shop_id: strawberry.Private[UUID]
    id: strawberry.ID
    position: int
    action: FollowUpAction
    actor: Actor
    occurred_at: datetime
    note: str | None
    deadline_before: datetime | None
    deadline_after: datetime | None
    reminder_minutes: int | None

    @classmethod
    def of(cls, row: Row, shop_id: UUID) -> "FollowUpRecord":
        """From a row."""
        return cls(
            uuid=row["id"],
            shop_id=shop_id,
            id=public_id(IdKind.FOLLOW_UP_RECORD, row),
            position=row["position"],
            action=row["action"],
            actor=Actor(kind=row["actor_kind"], name=row["actor_name"]),
            occurred_at=row["occurred_at"],
            note=row["note"],
            deadline_before=row["deadline_before"],
            deadline_after=row["deadline_after"],
            reminder_minutes=row["reminder_minutes"],
        )

    @strawberry.field
    async def reply(self, info: Info) -> Reply | None:
        """The reply, where it is one."""
        if self.action != FollowUpAction.REPLIED:
            return None
        row = await loaders(info).replies.load(self.uuid)
        shop = await loaders(info).shops.load(self.shop_id)
        if row is None or shop is None:
            return None
        return Reply(
            scheme=ReplyScheme.of(replies.BY_CODE[row["scheme_code"]], shop["locale"]),
            note=row["note"],
            promised_pickup_at=row["promised_at"],
            proof_urls=row["proof_urls"],
        )

    @strawberry.field
    async def waybill_change(self, info: Info) -> WaybillChange | None:
        """The change of the number that it brought."""
        if self.action not in {FollowUpAction.REPLIED, FollowUpAction.WAYBILL_CHANGED}:
            return None
        row = await loaders(info).waybill_changes.load(self.uuid)
        if row is None:
            return None
        return WaybillChange(old_id=row["from_parcel_id"], new_id=row["to_parcel_id"], reason=row["reason"])


@strawberry.type
class FollowUpRecordEdge:
    """A record in a list."""

    cursor: str
    node: FollowUpRecord


@strawberry.type
class FollowUpRecordConnection:
    """A page of records."""

    edges: list[FollowUpRecordEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, rows: list[Row], shop_id: UUID, *, more: bool) -> "FollowUpRecordConnection":
        """From the rows that are shown."""
        edges = [
            FollowUpRecordEdge(cursor=cursor(row["position"]), node=FollowUpRecord.of(row, shop_id))
            for row in rows
        ]
        return cls(edges=edges, page_info=page_info([each.cursor for each in edges], more=more))


@strawberry.type
class ConsumerCard:
    """A card that the buyer was shown."""

    id: strawberry.ID
    kind: CardKind
    title: str
    body: str
    created_at: datetime
    delivery: DeliveryStatus
    delivered_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> "ConsumerCard":
        """From a row."""
        return cls(
            id=public_id(IdKind.CONSUMER_CARD, row),
            kind=row["kind"],
            title=row["title"],
            body=row["body"],
            created_at=row["created_at"],
            delivery=row["delivery"],
            delivered_at=row["delivered_at"],
        )


@strawberry.type
class Complaint:
    """A complaint."""

    id: strawberry.ID
    status: ComplaintStatus
    violation: str
    filed_at: datetime
    ruled_at: datetime | None
    statement: str | None
    proof_urls: list[str]
    estimated_compensation: Decimal
    compensation: Decimal | None
    penalty_points: int
    reason: str | None

    @classmethod
    def of(cls, row: Row) -> "Complaint":
        """From a row."""
        return cls(
            id=public_id(IdKind.COMPLAINT, row),
            status=row["status"],
            violation=row["violation"],
            filed_at=row["filed_at"],
            ruled_at=row["ruled_at"],
            statement=row["statement"],
            proof_urls=row["proof_urls"],
            estimated_compensation=row["estimated_compensation"],
            compensation=row["compensation"],
            penalty_points=row["penalty_points"],
            reason=row["reason"],
        )
