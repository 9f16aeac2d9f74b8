"""What can be seen of a shop: as the model has it, and as PostgreSQL, Redis and the API show it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from escalation import index
from schema.build import schema
from schema.context import Asked
from tests.model.scheme import PICKUP, SHIPMENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.model.order import Decision, Order
    from tests.model.product import Product
    from tests.model.shop import Shop
    from tests.model.ticket import Ticket

Sight = dict[str, Any]

_TICKETS = """
SELECT t.id, t.order_id, t.kind::text, t.status::text, t.round, t.version, t.deadline_at, t.money_at_risk,
  t.policy_version, CASE WHEN t.status = 'REPLIED' THEN t.promise_ends_at END AS promise,
  t.status = 'REPLIED' AND t.promise_broken_at IS NOT NULL AS broken, t.assignee_id, t.record_count,
  (SELECT coalesce(array_agg(r.position ORDER BY r.position), '{}')
   FROM follow_up_record r WHERE r.shop_id = t.shop_id AND r.ticket_id = t.id) AS places,
  (SELECT coalesce(array_agg(concat_ws(' ', r.action, r.reminder_minutes) ORDER BY r.position), '{}')
   FROM follow_up_record r WHERE r.shop_id = t.shop_id AND r.ticket_id = t.id) AS records,
  (SELECT coalesce(array_agg(c.kind::text ORDER BY r.position), '{}') FROM consumer_card c
   JOIN follow_up_record r ON r.shop_id = c.shop_id AND r.id = c.record_id
   WHERE c.shop_id = t.shop_id AND c.ticket_id = t.id) AS cards,
  ARRAY(SELECT ROW(c.status::text, c.violation::text, c.estimated_compensation, c.compensation,
    c.penalty_points, c.id) FROM complaint c WHERE c.shop_id = t.shop_id AND c.ticket_id = t.id) AS complaints
FROM ticket t WHERE t.shop_id = $1 ORDER BY t.opened_at, t.id"""
_ORDERS = """
SELECT o.id, o.picked_up_at, o.shipped_at, o.urge_rounds, o.refunded_at, o.closed_at,
  ARRAY(SELECT ROW(p.id, p.waybill_number, p.replaced_at IS NULL, p.picked_up_at, p.changes,
    (SELECT count(*) FROM tracking_event e WHERE e.shop_id = p.shop_id AND e.parcel_id = p.id))
    FROM parcel p WHERE p.shop_id = o.shop_id AND p.order_id = o.id) AS parcels
FROM orders o WHERE o.shop_id = $1"""
_STREAM = """
SELECT s.head, (SELECT coalesce(array_agg(e.position ORDER BY e.position), '{}') FROM event e
  WHERE e.shop_id = s.shop_id) AS positions FROM shop_stream s WHERE s.shop_id = $1"""
_MAY_URGE = """{ orders(first: 50) { edges { node { id urgeDecision {
  pickup { allowed refusal availableAt existingTicket { id } }
  shipment { allowed refusal availableAt existingTicket { id } } } } } } }"""


# ---- the model's


def of_model(shop: Shop, now: datetime) -> Sight:
    """What the model says can be seen now."""
    return {
        "tickets": {hexed(ticket.id): _ticket(ticket) for ticket in shop.tickets},
        "orders": {hexed(order.id): _order(order) for order in shop.orders},
        "positions": shop.positions,
        "index": {
            hexed(ticket.id): index.epoch_ms(ticket.next_step)
            for ticket in shop.tickets
            if ticket.next_step is not None
        },
        "may urge": {
            hexed(order.id): [_decision(order.decide(kind, now)) for kind in (PICKUP, SHIPMENT)]
            for order in shop.orders
        },
    }


def _ticket(ticket: Ticket) -> Sight:
    complaint = ticket.complaint
    replied = ticket.status == "REPLIED"
    return {
        "order": hexed(ticket.order.id),
        "kind": ticket.kind,
        "status": ticket.status,
        "round": ticket.round,
        "policy": ticket.policy.version,
        "version": ticket.version,
        "deadline": ticket.deadline,
        "risk": ticket.risk,
        "promise": ticket.promise if replied else None,
        "broken": replied and ticket.broken,
        "assignee": ticket.assignee,
        "records": ticket.records,
        "places": list(range(1, len(ticket.records) + 1)),
        "cards": ticket.cards,
        "complaints": []
        if complaint is None
        else [
            (
                complaint.status,
                complaint.violation,
                complaint.estimate,
                complaint.compensation,
                complaint.points,
            )
        ],
    }


def _order(order: Order) -> Sight:
    return {
        "picked up": order.picked_up_at,
        "shipped": order.shipped_at,
        "rounds": order.rounds,
        "refunded": order.refunded_at,
        "closed": order.closed_at,
        "parcels": {
            hexed(each.id): (each.number, each.current, each.picked_up_at, each.changes, len(each.scans))
            for each in order.parcels
        },
    }


def _decision(decision: Decision) -> tuple[object, ...]:
    named = None if decision.ticket is None else hexed(decision.ticket.id)
    return decision.refusal is None, decision.refusal, decision.available_at, named


# ---- the product's


async def of_product(product: Product, names: Iterable[str]) -> Sight:
    """What the product shows now, to these buyers among others."""
    world = product.world
    async with world.database.pool.acquire() as connection:
        tickets = await connection.fetch(_TICKETS, world.shop)
        orders = await connection.fetch(_ORDERS, world.shop)
        stream = await connection.fetchrow(_STREAM, world.shop)
    assert stream is not None
    positions = list(stream["positions"])
    assert positions == list(range(1, stream["head"] + 1)), f"positions have a gap: {positions}"
    return {
        "tickets": {row["id"].hex: _ticket_row(row) for row in tickets},
        "orders": {row["id"].hex: _order_row(row) for row in orders},
        "positions": len(positions),
        "index": await _index(product),
        "may urge": {
            order: decisions
            for name in names
            for order, decisions in (await _may_urge(product, name)).items()
        },
    }


def _ticket_row(row: Any) -> Sight:
    assert row["record_count"] == len(row["records"])
    return {
        "order": row["order_id"].hex,
        "kind": row["kind"],
        "status": row["status"],
        "round": row["round"],
        "policy": row["policy_version"],
        "version": row["version"],
        "deadline": row["deadline_at"],
        "risk": row["money_at_risk"],
        "promise": row["promise"],
        "broken": row["broken"],
        "assignee": None if row["assignee_id"] is None else row["assignee_id"].hex,
        "records": list(row["records"]),
        "places": list(row["places"]),
        "cards": list(row["cards"]),
        "complaints": [tuple(each)[:5] for each in row["complaints"]],
    }


def _order_row(row: Any) -> Sight:
    return {
        "picked up": row["picked_up_at"],
        "shipped": row["shipped_at"],
        "rounds": row["urge_rounds"],
        "refunded": row["refunded_at"],
        "closed": row["closed_at"],
        "parcels": {each[0].hex: tuple(each)[1:] for each in row["parcels"]},
    }


async def _index(product: Product) -> Sight:
    """What Redis holds of the shop; a worker that has finished leaves nothing claimed."""
    slot = index.slot_of(product.world.shop)
    pipe = product.world.redis.pipeline(transaction=False)
    pipe.zrange(index.due_key(slot), 0, -1, withscores=True)
    pipe.zcard(index.claimed_key(slot))
    members, claimed = await pipe.execute()
    assert not claimed
    return {member[16:].hex(): int(score) for member, score in members}


async def _may_urge(product: Product, name: str) -> Sight:
    """What the API tells the buyer."""
    context = product.buyer(name)
    result = await schema.execute(_MAY_URGE, context_value=Asked(context.services, context.viewer))
    assert not result.errors, result.errors
    data = orjson.loads(orjson.dumps(result.data))
    return {
        hexed(edge["node"]["id"]): [
            _told(edge["node"]["urgeDecision"][kind]) for kind in ("pickup", "shipment")
        ]
        for edge in data["orders"]["edges"]
    }


def _told(decision: Sight) -> tuple[object, ...]:
    """`domain.md §4` says with what each refusal comes; what else the product adds is its own."""
    refusal, at, ticket = (decision[name] for name in ("refusal", "availableAt", "existingTicket"))
    dated = refusal in {"PROMISE_RUNNING", "WITHIN_SHIPPING_LIMIT"}
    named = refusal in {"SHIPMENT_TICKET_EXISTS", "TICKET_OPEN"}
    return (
        decision["allowed"],
        refusal,
        datetime.fromisoformat(at).astimezone(UTC) if dated else None,
        hexed(ticket["id"]) if named else None,
    )


# ---- beside each other


def hexed(public_id: str) -> str:
    """`tkt_0123…` as the row has it."""
    return public_id.rpartition("_")[2]


def differences(expected: Any, seen: Any, path: str = "") -> list[str]:
    """Each place where the two differ."""
    if isinstance(expected, dict) and isinstance(seen, dict):
        found = []
        for key in sorted({*expected, *seen}):
            if key not in seen or key not in expected:
                found.append(f"{path}/{key}: only in the {'model' if key in expected else 'product'}")
            else:
                found += differences(expected[key], seen[key], f"{path}/{key}")
        return found
    return [] if expected == seen else [f"{path}: the model says {expected}, the product {seen}"]
