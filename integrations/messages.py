"""What a webhook is sent: the body, made of what no later change touches, and the headers that prove it.

By the Standard Webhooks specification 1.0 (https://www.standardwebhooks.com).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from standardwebhooks import Webhook

from domain import ids
from domain.ids import IdKind
from integrations import times

if TYPE_CHECKING:
    from db.outbox import Claim
    from db.rows import Row

USER_AGENT = "Lanshou-Webhooks"
OF_CARDS = frozenset({"CARD_REPLY", "CARD_PICKED_UP"})


def message_id(claim: Claim, told: Row) -> str:
    """What a receiver knows the message by: the same for each attempt, each redelivery and each webhook.

    A card's id for what tells of a card, else the record's.
    """
    if claim.event in OF_CARDS:
        return _public(IdKind.CONSUMER_CARD, told["card"]["id"])
    return ids.encode(IdKind.FOLLOW_UP_RECORD, claim.record_id)


def body(claim: Claim, told: Row) -> bytes:
    """The JSON text; equal for equal records."""
    data: dict[str, Any] = {
        "shopId": ids.encode(IdKind.SHOP, claim.shop_id),
        "ticket": {
            "id": ids.encode(IdKind.TICKET, told["ticket_id"]),
            "number": told["ticket_number"],
            "kind": told["ticket_kind"],
        },
        "order": {
            "id": ids.encode(IdKind.ORDER, told["order_id"]),
            "number": told["order_number"],
            "buyerId": told["buyer_id"],
            "buyerNick": told["buyer_nick"],
        },
        "record": {
            "id": ids.encode(IdKind.FOLLOW_UP_RECORD, claim.record_id),
            "position": told["position"],
            "action": told["action"],
            "occurredAt": times.shown(told["occurred_at"]),
            "deadlineBefore": _maybe(told["deadline_before"]),
            "deadlineAfter": _maybe(told["deadline_after"]),
            "reminderMinutes": told["reminder_minutes"],
        },
    }
    if claim.event in OF_CARDS:
        card = told["card"]
        data["card"] = {"id": _public(IdKind.CONSUMER_CARD, card["id"]), "kind": card["kind"]}
        data["card"] |= {"title": card["title"], "body": card["body"]}
    elif told["complaint"] is not None:
        data["complaint"] = _complaint(told["complaint"], ruled=claim.event == "COMPLAINT_RULED")
    message = {"type": claim.event, "timestamp": times.shown(told["occurred_at"]), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def headers(claim: Claim, identity: str, content: bytes) -> dict[str, str]:
    """Id, time of this attempt, and a signature for each secret: two while a renewal overlaps."""
    secrets = [secret for secret in (claim.secret, claim.old_secret) if secret is not None]
    moment, text = claim.attempted_at, content.decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": identity,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(identity, moment, text) for secret in secrets),
    }


def _complaint(row: Row, *, ruled: bool) -> dict[str, Any]:
    shown = {
        "id": _public(IdKind.COMPLAINT, row["id"]),
        "violation": row["violation"],
        "estimatedCompensation": row["estimated_compensation"],
    }
    if ruled:
        shown |= {
            "status": row["status"],
            "compensation": row["compensation"],
            "penaltyPoints": row["penalty_points"],
            "reason": row["reason"],
        }
    return shown


def _public(kind: IdKind, text: str) -> str:
    return f"{kind.value}_{text.replace('-', '')}"


def _maybe(moment: Any) -> str | None:  # noqa: ANN401 - a column's value
    return None if moment is None else times.shown(moment)
