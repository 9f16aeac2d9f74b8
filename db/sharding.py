"""Which table lies where when PostgreSQL is sharded by shop, and the words that mark what asks all shards.

A table of shops is *distributed* by `shop_id`: a shop's rows of all tables lie together on one node, so a
statement that gives the shop is answered there, joins and foreign keys included (`architecture.md §2.6`).
Rules of the platform and the shops themselves are small and change rarely: every node has them whole. What
carriers tell names no shop; it is distributed by the waybill number.

A statement that cannot give the shop says so where it stands, `FROM ticket /* fleet-wide: due */`, by one of
the words below. `tests/sharding` reads every statement and accepts no other exception.
"""

from __future__ import annotations

from typing import NamedTuple

SHOP = "shop_id"
NUMBER = "waybill_number"

REFERENCE = ("shop", "policy", "exemption", "calendar_change")
"""On every node whole."""
DISTRIBUTED = {
    "shop_stream": SHOP,
    "staff_member": SHOP,
    "idempotency_key": SHOP,
    "orders": SHOP,
    "parcel": SHOP,
    "ticket": SHOP,
    "follow_up_record": SHOP,
    "reply": SHOP,
    "reply_template": SHOP,
    "consumer_card": SHOP,
    "complaint": SHOP,
    "waybill_change": SHOP,
    "tracking_event": SHOP,
    "event": SHOP,
    "figure_fact": SHOP,
    "figure_sum": SHOP,
    "figure_time": SHOP,
    "paid_day": SHOP,
    "webhook": SHOP,
    "webhook_delivery": SHOP,
    "waybill_directory": NUMBER,
    "unmatched_scan": NUMBER,
}
"""What each distributed table is distributed by, those before that others refer to."""
LEADERS = {SHOP: "shop_stream", NUMBER: "waybill_directory"}
"""The first table of each column; the others lie beside its rows."""


class FleetWide(NamedTuple):
    """Why a statement asks all shards, and how often it does."""

    reason: str
    often: str


FLEET_WIDE = {
    "due": FleetWide(
        "the worker's sweep looks for what is due next, of whatever shop; a shop that is not asked could"
        " lose a deadline",
        "twice a second and worker; once a page of 1,000 while the index is filled",
    ),
    "retiming": FleetWide(
        "a change of the rules concerns the open tickets of every shop of a market",
        "once a saved policy or exemption, then once for each 75 tickets that it concerns",
    ),
    "outbox": FleetWide(
        "any sender takes what is due for any receiver, and no receiver gets more at once than it has room"
        " for",
        "once a second and sender, and once a batch",
    ),
    "retention": FleetWide(
        "what is too old is looked for by its age, wherever it is",
        "once a minute and worker",
    ),
    "by-id": FleetWide(
        "a public id names no shop; the id's own index of each shard is asked, and what follows is of that"
        " shop",
        "once a request that names a thing by its id alone",
    ),
    "by-person": FleetWide(
        "a buyer's orders and a person's memberships lie in whatever shop; the index by buyer or subject of"
        " each shard is asked",
        "once a consumer's list; once a token that names a person",
    ),
    "platform": FleetWide(
        "the platform sees every shop: its lists read one index range of each",
        "once a list of somebody of the platform who names no shops",
    ),
    "refill": FleetWide(
        "shops whose figures were never made are looked for once",
        "once a migration to the release that has figures",
    ),
    "demo": FleetWide(
        "`cli.py token --role consumer` without a name takes a buyer that there is",
        "once a token made by hand",
    ),
    "number-to-shop": FleetWide(
        "a carrier's scan names no shop: what the directory says of a number leads to the shops",
        "once a push, and once an import's new numbers",
    ),
}
"""The words that a mark may use."""
