"""What staff of the demo shops write, in their shop's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from demo import goods
from resolvers.commands import ReplyToTicket

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

PROOF = "https://img.example.com/handover/{number}.jpg"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as staff give it. `promise` counts from the reply; None leaves it to the scheme's longest."""

    scheme: str
    note: Mapping[str, str]
    promise: timedelta | None = None
    with_waybill: bool = False
    with_proof: bool = False

    def command(
        self,
        ticket_id: str,
        locale: str,
        now: datetime,
        number: str,
        *,
        promise: timedelta | None,
        dice: random.Random = goods.DICE,
    ) -> ReplyToTicket:
        """The reply at `now` about waybill `number`; `promise` takes the place of the answer's own."""
        within = promise or self.promise
        return ReplyToTicket(
            ticket_id=ticket_id,
            scheme=self.scheme,
            note=self.note[locale],
            promised_pickup_at=None if within is None else now + within,
            waybill=goods.waybill(dice=dice) if self.with_waybill else None,
            proof_urls=(PROOF.format(number=number),) if self.with_proof else (),
        )


PROMISED = Answer(
    "PROMISE_PICKUP",
    {"zh-CN": "已和网点约好，今晚安排上门揽收。", "en": "The depot will collect it tonight."},
    timedelta(hours=8),
)
URGED = Answer(
    "COURIER_URGED",
    {"zh-CN": "已联系快递小哥，催促尽快取件。", "en": "We called the courier and asked for a pickup today."},
)
NEW_WAYBILL = Answer(
    "CHANGE_WAYBILL",
    {"zh-CN": "原快递爆仓，已换一家重新发出。", "en": "The first carrier is full, we sent it with another."},
    with_waybill=True,
)
MISSING_SCAN = Answer(
    "SCAN_MISSING",
    {"zh-CN": "包裹已交快递，附交接凭证。", "en": "Handed over already, see the receipt."},
    with_proof=True,
)
REFUND = Answer(
    "REFUND_AGREED",
    {"zh-CN": "已与买家协商一致，等待退款完成。", "en": "Refund agreed with the buyer."},
)
LATER = Answer(
    "BUYER_ASKED_LATER",
    {"zh-CN": "买家出差，要求下周再发。", "en": "The buyer is travelling and asked us to wait."},
    timedelta(days=5),
)
ADDRESS = Answer(
    "ADDRESS_PROBLEM",
    {"zh-CN": "地址缺门牌号，已私信买家确认。", "en": "The house number is missing, we asked the buyer."},
)
NO_STOCK = Answer(
    "OUT_OF_STOCK",
    {
        "zh-CN": "该款缺货，工厂补货中，到货即发。",
        "en": "Out of stock, we ship with the next lot.",
    },
)
NO_WAY = Answer(
    "FORCE_MAJEURE",
    {
        "zh-CN": "暴雨道路中断，已向平台报备，恢复后第一时间发出。",
        "en": "The road is flooded, which we reported; it leaves as soon as it is open.",
    },
)
ANSWERS = (PROMISED, URGED, NEW_WAYBILL, MISSING_SCAN, REFUND, LATER, ADDRESS, NO_STOCK, NO_WAY)
OF_SHIPMENTS = (PROMISED, REFUND, LATER, ADDRESS, NO_STOCK, NO_WAY)
"""What may be said while the order is not shipped."""

CALLED = {"zh-CN": "给网点打过两次电话，仓库说今天补扫。", "en": "Called the depot twice, they rescan today."}
WATCH = {"zh-CN": "老客户，优先处理。", "en": "Regular customer, please take it first."}
TYPO = {"zh-CN": "单号录错，更正。", "en": "Typing error in the number."}
TOGETHER = {
    "zh-CN": "同一地址，与前一单合并发货。",
    "en": "Same address: sent in one parcel with the order before.",
}
