"""What becomes of complaints in the demo: stated on, settled, upheld (serious or not), dismissed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.goods import AGENT
from demo.words import PROOF
from domain import ids
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import commands, complaints

if TYPE_CHECKING:
    from demo.desk import Desk, Sale

RULER = "demo-platform"
ACCEPTED = {"zh-CN": "网点漏收，我们认赔。", "en": "The depot forgot it, we accept."}
HANDED_OVER = {
    "zh-CN": "包裹当天已交给快递员，附交接凭证。",
    "en": "Handed to the courier that day, see the receipt.",
}
UPHELD = {"zh-CN": "超时未揽收，判责成立。", "en": "Not picked up in time."}
SERIOUS = {"zh-CN": "无货空单，情节严重，扣分。", "en": "A number without a parcel: serious, with a point."}
DISMISSED = {"zh-CN": "当地暴雪停运，不予判责。", "en": "Snow had closed the depot."}

_FILED = "SELECT id FROM complaint WHERE shop_id = $1 AND ticket_id = $2 ORDER BY round DESC LIMIT 1"


async def state(desk: Desk, sale: Sale) -> None:
    """The seller tells its side, with a proof."""
    command = commands.StateComplaint(
        complaint_id=await _complaint(desk, sale),
        statement=HANDED_OVER[desk.locale],
        proof_urls=(PROOF.format(number=sale.row.number),),
    )
    await complaints.state(desk.viewer(ActorKind.STAFF, AGENT), command)


async def settle(desk: Desk, sale: Sale) -> None:
    """The seller accepts."""
    command = commands.SettleComplaint(complaint_id=await _complaint(desk, sale), note=ACCEPTED[desk.locale])
    await complaints.settle(desk.viewer(ActorKind.STAFF, AGENT), command)


async def uphold(desk: Desk, sale: Sale, *, serious: bool = False) -> None:
    """The platform finds the seller liable; when serious, with a penalty point."""
    await _rule(desk, sale, (SERIOUS if serious else UPHELD)[desk.locale], upheld=True, points=int(serious))


async def dismiss(desk: Desk, sale: Sale) -> None:
    """The platform finds that it was not the seller's fault."""
    await _rule(desk, sale, DISMISSED[desk.locale], upheld=False)


async def _rule(desk: Desk, sale: Sale, reason: str, *, upheld: bool, points: int = 0) -> None:
    command = commands.RuleOnComplaint(
        complaint_id=await _complaint(desk, sale), upheld=upheld, reason=reason, penalty_points=points
    )
    await complaints.rule(desk.viewer(ActorKind.PLATFORM, RULER), command)


async def _complaint(desk: Desk, sale: Sale) -> str:
    async with desk.services.database.pool.acquire() as connection:
        found = await connection.fetchval(_FILED, *desk.key(sale))
    return ids.encode(IdKind.COMPLAINT, found)
