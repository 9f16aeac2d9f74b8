"""What stock Strawberry and Mercurius read with: one statement for each loader, the same for both.

`$1` is always the viewer's shops. A page is merged from one index range a shop, as ours is.
"""

_URGENCY = """CASE
 WHEN r.status NOT IN ('AWAITING_REPLY', 'AWAITING_PICKUP') OR r.deadline_at IS NULL THEN 'NONE'
 WHEN r.deadline_at <= now() THEN 'OVERDUE'
 WHEN r.deadline_at < now() + interval '1 hour' THEN 'CRITICAL'
 WHEN r.deadline_at < now() + interval '4 hours' THEN 'WARNING'
 ELSE 'NORMAL' END AS urgency"""
_QUEUE_AT = (
    "CASE WHEN r.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP') THEN r.deadline_at"
    " ELSE 'infinity'::timestamptz END"
)
_TICKET = f"""r.id, r.shop_id, r.order_id, r.assignee_id, r.number, r.kind, r.status, r.outcome, r.version,
 r.round, r.policy_version, r.opened_at, r.updated_at, r.clock_started_at, r.deadline_at,
 r.promised_pickup_at, r.promise_ends_at, r.promise_broken_at, r.replied_at, r.completed_at, r.escalated_at,
 r.money_at_risk, {_URGENCY}"""
_RECORD = """r.id, r.ticket_id, r.position, r.action, r.actor_kind, r.actor_name, r.occurred_at, r.note,
 r.deadline_before, r.deadline_after, r.reminder_minutes"""
_PARCEL = """r.id, r.order_id, r.carrier, r.waybill_number, r.shipped_at, r.shipped_at_estimated,
 r.picked_up_at, r.replaced_by_id, r.replaced_at, r.warnings"""
_MINE = "r.shop_id = ANY($1::uuid[])"

STATEMENTS = {
    "tickets": f"""
SELECT q.* FROM unnest($1::uuid[]) s(shop_id) CROSS JOIN LATERAL (
  SELECT {_TICKET}, {_QUEUE_AT} AS queue_at FROM ticket r WHERE r.shop_id = s.shop_id
  ORDER BY {_QUEUE_AT}, r.id LIMIT $2
) q ORDER BY q.queue_at, q.id LIMIT $2""",
    "stream_heads": """
SELECT r.id, coalesce(h.head, 0)::int AS head FROM shop r LEFT JOIN shop_stream h ON h.shop_id = r.id
WHERE r.id = ANY($1::uuid[])""",
    "ticket": f"SELECT {_TICKET} FROM ticket r WHERE {_MINE} AND r.id = $2::uuid",
    "shops": (
        "SELECT r.id, r.name, r.market, r.locale FROM shop r"
        " WHERE r.id = ANY($1::uuid[]) AND r.id = ANY($2::uuid[])"
    ),
    "staff": f"SELECT r.id, r.display_name FROM staff_member r WHERE {_MINE} AND r.id = ANY($2::uuid[])",
    "orders": f"""
SELECT r.id, r.number, r.status, r.buyer_nick, r.item_title, r.quantity, r.paid_amount, r.paid_at, r.ship_by,
  r.shipped_at, r.picked_up_at, r.refunded_at, r.closed_at
FROM orders r WHERE {_MINE} AND r.id = ANY($2::uuid[])""",
    "last_records": f"""
SELECT q.* FROM unnest($2::uuid[]) w(ticket_id) CROSS JOIN LATERAL (
  SELECT {_RECORD} FROM follow_up_record r WHERE {_MINE} AND r.ticket_id = w.ticket_id
  ORDER BY r.position DESC LIMIT $3
) q ORDER BY q.ticket_id, q.position""",
    "first_records": f"""
SELECT q.* FROM unnest($2::uuid[]) w(ticket_id) CROSS JOIN LATERAL (
  SELECT {_RECORD} FROM follow_up_record r WHERE {_MINE} AND r.ticket_id = w.ticket_id
  ORDER BY r.position LIMIT $3
) q ORDER BY q.ticket_id, q.position""",
    "parcels_of_orders": f"""
SELECT {_PARCEL} FROM parcel r WHERE {_MINE} AND r.order_id = ANY($2::uuid[])
ORDER BY r.order_id, r.shipped_at, r.id""",
    "parcels": f"SELECT {_PARCEL} FROM parcel r WHERE {_MINE} AND r.id = ANY($2::uuid[])",
    "scans": f"""
SELECT q.* FROM unnest($2::uuid[]) w(parcel_id) CROSS JOIN LATERAL (
  SELECT r.id, r.parcel_id, r.occurred_at, r.received_at, r.code, r.description, r.source, r.proves_pickup
  FROM tracking_event r WHERE {_MINE} AND r.parcel_id = w.parcel_id
  ORDER BY r.occurred_at DESC, r.id DESC LIMIT $3
) q ORDER BY q.parcel_id, q.occurred_at DESC, q.id DESC""",
    "replies": f"""
SELECT r.record_id, r.scheme_code, r.note, r.promised_at, r.proof_urls FROM reply r
WHERE {_MINE} AND r.record_id = ANY($2::uuid[])""",
    "waybill_changes": f"""
SELECT r.record_id, r.from_parcel_id, r.to_parcel_id, r.reason FROM waybill_change r
WHERE {_MINE} AND r.record_id = ANY($2::uuid[])""",
    "cards": f"""
SELECT r.id, r.ticket_id, r.kind, r.title, r.body, r.created_at, r.delivery, r.delivered_at
FROM consumer_card r WHERE {_MINE} AND r.ticket_id = ANY($2::uuid[])
ORDER BY r.ticket_id, r.created_at, r.id""",
    "complaints": f"""
SELECT DISTINCT ON (r.ticket_id) r.id, r.ticket_id, r.status, r.violation, r.filed_at, r.ruled_at,
  r.statement, r.proof_urls, r.estimated_compensation, r.compensation, r.penalty_points, r.reason
FROM complaint r WHERE {_MINE} AND r.ticket_id = ANY($2::uuid[])
ORDER BY r.ticket_id, r.round DESC""",
}
