"""What the demo shops sell, to whom and by which carrier: invented, in the forms that real ones have."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.order import OrderRow
from domain.shop import Market
from resolvers.commands import Waybill

DICE = random.SystemRandom()
"""For what goes on by itself; the history has dice of its own, which fall the same way each time."""
OWNER, AGENT, BUYER = "demo-owner", "demo-agent", "demo-buyer"
"""Subjects worth a token: the owner of every demo shop, an agent in each, a buyer in each."""


@dataclass(frozen=True, slots=True)
class Stall:
    """A demo shop: its words, and what it sells as (title, yuan). `mark` begins its buyers' subjects."""

    name: str
    market: Market
    locale: str
    mark: str
    staff: tuple[tuple[str, str], ...]
    items: tuple[tuple[str, str], ...]
    nicks: tuple[str, ...]
    origin: str

    @property
    def agents(self) -> tuple[str, ...]:
        """The subjects of those who answer its buyers."""
        return (AGENT, *(subject for subject, _ in self.staff))


TAOBAO = Stall(
    name="木棉里手作小铺",
    market=Market.TAOBAO,
    locale="zh-CN",
    mark="tb",
    staff=(("demo-tb-lin", "木棉客服·小林"), ("demo-tb-he", "木棉客服·阿禾")),
    items=(
        ("手工编织棉线杯垫 6片装 北欧风隔热垫", "39.90"),
        ("原创植物染棉麻围巾 秋冬长款 藏青", "128.00"),
        ("头层植鞣牛皮零钱包 复古手缝 可刻字", "169.00"),
        ("纯铜黄杨木书签礼盒 毕业礼物 定制款", "58.00"),
        ("羊毛毡戳戳乐材料包 新手入门 柴犬", "29.80"),
        ("日式粗陶咖啡杯 手捏釉下彩 300ml", "76.00"),
        ("苏绣团扇diy材料包 双面绣 荷花", "45.50"),
        ("银杏叶胸针 女 高级感 纯银镀金", "218.00"),
        ("桐木香薰摆件 藤条挥发 桂花味 120ml", "65.00"),
        ("手账本 A5 活页 牛油果绿 附贴纸3张", "32.00"),
    ),
    nicks=(
        "晚风_1993",
        "tb402817736",
        "小满同学",
        "爱吃柚子的阿May",
        "山有木兮88",
        "t_1502736645_07",
        "南巷清风",
    ),
    origin="330100",
)
TMALL = Stall(
    name="青禾家居旗舰店",
    market=Market.TMALL,
    locale="zh-CN",
    mark="tm",
    staff=(("demo-tm-zhou", "青禾客服01·周周"), ("demo-tm-qiao", "青禾客服02·乔乔")),
    items=(
        ("新疆长绒棉四件套 60支贡缎 1.8m床 雾霾蓝", "469.00"),
        ("人体工学记忆棉枕 护颈枕 慢回弹 一对装", "259.00"),
        ("抗菌不粘炒锅 32cm 电磁炉燃气灶通用", "199.00"),
        ("折叠晾衣架 落地双杆 加厚不锈钢 2.4米", "139.00"),
        ("遮光窗帘 卧室隔热 免打孔 2.5×2.7m 2片", "318.00"),
        ("桌面收纳盒 抽屉式 透明亚克力 三层", "59.90"),
        ("加厚珊瑚绒毛毯 200×230cm 午睡毯 燕麦色", "118.00"),
        ("316不锈钢保温壶 2L 家用 大容量", "149.00"),
        ("实木床头柜 简约 免安装 胡桃色", "688.00"),
        ("硅藻泥吸水地垫 卫浴门口防滑 50×80cm", "49.00"),
    ),
    nicks=(
        "赵**先生",
        "橘子汽水nn",
        "tb91827_2012",
        "李家小院儿",
        "青柠不酸呀",
        "momo_0623",
        "北方的狼zhang",
    ),
    origin="320500",
)
GENERIC = Stall(
    name="Lantern Trail Outdoor",
    market=Market.GENERIC,
    locale="en",
    mark="lt",
    staff=(("demo-lt-grace", "Grace"), ("demo-lt-owen", "Owen")),
    items=(
        ("Ultralight trekking poles, carbon, pair", "329.00"),
        ("Two-person tent, 20D ripstop, 1.6 kg", "899.00"),
        ("Down sleeping bag, -5 °C comfort, regular", "759.00"),
        ("Headlamp 450 lm, USB-C, IPX6", "149.00"),
        ("Titanium cook pot 900 ml with lid", "239.00"),
        ("Merino base layer, men's M, charcoal", "289.00"),
        ("Roll-top dry bag 20 L, orange", "89.00"),
        ("Folding camp chair, aluminium", "199.00"),
    ),
    nicks=("hike_with_tom", "anna.k", "longtrail07", "sea2summit_fan", "j.moreau", "peakbagger_li"),
    origin="440300",
)
STALLS = (TAOBAO, TMALL, GENERIC)

REGIONS = ("110101", "310115", "440106", "330106", "510107", "420111", "350203", "610113", "210102", "650102")
CARRIERS = ("SF", "YTO", "ZTO", "STO", "YUNDA", "JD", "EMS", "JTSD", "DEPPON")
_FORMS = {
    "SF": ("SF1", 12),
    "YTO": ("YT8", 12),
    "ZTO": ("75", 12),
    "STO": ("773", 12),
    "YUNDA": ("46", 13),
    "JD": ("JDVA", 11),
    "EMS": ("98", 11),
    "JTSD": ("JT3", 12),
    "DEPPON": ("DPK3", 11),
}
"""How the numbers begin, and how many digits follow (the patterns of `domain.md §7`)."""


def waybill(carrier: str | None = None, *, dice: random.Random = DICE) -> Waybill:
    """A waybill of `carrier` (our code), or of any, with a number in that carrier's form."""
    code = carrier or dice.choice(CARRIERS)
    start, digits = _FORMS[code]
    return Waybill(code, start + _digits(digits, dice))


def order_number(stall: Stall, *, dice: random.Random = DICE) -> str:
    """An order number as the stall's market writes it."""
    return f"LT-{_digits(9, dice)}" if stall.market is Market.GENERIC else f"4{_digits(18, dice)}"


def order(
    stall: Stall,
    buyer: str,
    *,
    paid_at: datetime,
    ship_by: datetime | None = None,
    dice: random.Random = DICE,
) -> OrderRow:
    """An order of `buyer` (a subject) for one of the stall's items."""
    title, price = dice.choice(stall.items)
    quantity = dice.choice((1, 1, 1, 1, 2, 3))
    return OrderRow(
        number=order_number(stall, dice=dice),
        buyer_id=buyer,
        buyer_nick=stall.nicks[sum(buyer.encode()) % len(stall.nicks)],
        item_title=title,
        quantity=quantity,
        paid_amount=Decimal(price) * quantity,
        paid_at=paid_at,
        ship_by=ship_by,
        origin_region=stall.origin,
        destination_region=dice.choice(REGIONS),
        address_key=f"{buyer}-home",
    )


def closed(row: OrderRow, at: datetime) -> OrderRow:
    """The same order, closed by its market at that time (交易关闭)."""
    return replace(row, closed_at=at)


def ago(now: datetime, *, least_hours: float, most_hours: float, dice: random.Random = DICE) -> datetime:
    """A moment so many hours before `now`, at a whole second."""
    back = timedelta(seconds=dice.randint(int(least_hours * 3600), int(most_hours * 3600)))
    return (now - back).replace(microsecond=0)


def _digits(count: int, dice: random.Random) -> str:
    return "".join(dice.choice(string.digits) for _ in range(count))
