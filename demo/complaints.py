"""How complaints of the demo ended: one settled, one upheld after a statement, one dismissed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.goods import AGENT
from demo.words import PROOF
from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import commands, complaints
from resolvers.context import Context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo.desk import Desk, Sale
    from resolvers.context import Services

RULER = "demo-platform"
ACCEPTED = {"zh-CN": "网点漏收，我们认赔。", "en": "The depot forgot it, we accept."}
HANDED_OVER = {
    "zh-CN": "包裹当天已交给快递员，附交接凭证。",
    "en": "Handed to the courier that day, see the receipt.",
}
UPHELD = {
    "zh-CN": "超时未揽收，判责成立。",
    "en": "Not picked up in time.",
}
DISMISSED = {"zh-CN": "当地暴雪停运，不予判责。", "en": "Snow had closed the depot."}

_FILED = "SELECT id FROM complaint WHERE shop_id = $1 AND ticket_id = $2"


async def end(held: Services, desk: Desk, sales: Sequence[Sale]) -> None:
    """End the filed complaints of these three sales, each in its way."""
    settled, upheld, dismissed = [await _complaint(held, desk, sale) for sale in sales]
    locale = desk.stall.locale
    staff = Context(held, Viewer(ActorKind.STAFF, AGENT, frozenset({desk.shop_id})))
    platform = Context(held, Viewer(ActorKind.PLATFORM, RULER))
    await complaints.settle(staff, commands.SettleComplaint(complaint_id=settled, note=ACCEPTED[locale]))
    statement = commands.StateComplaint(
        complaint_id=upheld, statement=HANDED_OVER[locale], proof_urls=(PROOF.format(number="1"),)
    )
    await complaints.state(staff, statement)
    for complaint_id, reason in ((upheld, UPHELD), (dismissed, DISMISSED)):
        ruling = commands.RuleOnComplaint(
            complaint_id=complaint_id,
            upheld=reason is UPHELD,
            reason=reason[locale],
            penalty_points=int(reason is UPHELD),
        )
        await complaints.rule(platform, ruling)


async def _complaint(held: Services, desk: Desk, sale: Sale) -> str:
    found = await held.database.pool.fetchval(_FILED, *desk.key(sale))
    return ids.encode(IdKind.COMPLAINT, found)
