"""The texts of the printable page, in Chinese and English, and how it looks."""

from __future__ import annotations

from exports.words import Both

TEXTS: dict[str, Both] = {
    "title": ("工单证据", "Evidence of a ticket"),
    "about": (
        "截至 {time}，以“{role}”身份可见的全部内容。时间均为北京时间。",
        "Everything seen as “{role}” as of {time}. All times are those of China.",
    ),
    "ticket": ("工单", "Ticket"),
    "clock": ("时效", "The clock"),
    "order": ("订单", "Order"),
    "parcels": ("包裹与物流", "Parcels and scans"),
    "records": ("跟进记录", "Follow-up records"),
    "cards": ("买家卡片", "Cards shown to the buyer"),
    "complaint": ("投诉", "Complaint"),
    "seal": ("签名", "Signature"),
    "sealed": (
        (
            "本页每一行均已签名（Ed25519，密钥 {key}）。用 cli.py evidence-verify 可以查出任何改动；"
            "公钥公布在 /exports/evidence-keys。"
        ),
        (
            "Every line of this page is signed (Ed25519, key {key}). cli.py evidence-verify shows any change;"
            " the public key is published at /exports/evidence-keys."
        ),
    ),
    "number": ("工单号", "Number"),
    "shop": ("店铺", "Shop"),
    "kind": ("类型", "Kind"),
    "status": ("状态", "Status"),
    "outcome": ("结果", "Outcome"),
    "round": ("第几轮", "Round"),
    "assignee": ("处理人", "Assignee"),
    "openedAt": ("催促时间", "Opened at"),
    "deadlineAt": ("截止时间", "Deadline at"),
    "repliedAt": ("回复时间", "Replied at"),
    "promisedPickupAt": ("承诺揽收时间", "Promised pickup at"),
    "promiseEndsAt": ("承诺到期", "Promise ends at"),
    "promiseBrokenAt": ("承诺未兑现时间", "Promise broken at"),
    "completedAt": ("完成时间", "Completed at"),
    "escalatedAt": ("升级投诉时间", "Escalated at"),
    "moneyAtRisk": ("风险金额（元）", "Money at risk (CNY)"),
    "policyVersion": ("规则版本", "Policy version"),
    "stopped": ("时钟已停", "the clock is stopped"),
    "orderNumber": ("订单号", "Number"),
    "buyerNick": ("买家昵称", "Buyer nick"),
    "itemTitle": ("商品", "Item"),
    "quantity": ("数量", "Quantity"),
    "paidAmount": ("实付金额（元）", "Paid (CNY)"),
    "paidAt": ("付款时间", "Paid at"),
    "shipBy": ("发货时效", "Ship by"),
    "shippedAt": ("发货时间", "Shipped at"),
    "pickedUpAt": ("揽收时间", "Picked up at"),
    "refundedAt": ("退款时间", "Refunded at"),
    "closedAt": ("关闭时间", "Closed at"),
    "state": ("状态", "State"),
    "current": ("当前运单号", "current"),
    "replaced": ("已于 {time} 改为 {number}", "replaced by {number} at {time}"),
    "estimated": ("发货时间为推定", "Shipping time estimated"),
    "warnings": ("提示", "Warnings"),
    "noScans": ("没有物流记录。", "No scans."),
    "nothing": ("无。", "None."),
    "nobody": ("无人", "nobody"),
    "reminder": ("截止前 {minutes} 分钟", "{minutes} minutes before the deadline"),
    "promised": ("承诺 {time} 前揽收", "pickup promised by {time}"),
    "violation": ("违规类型", "Violation"),
    "filedAt": ("投诉时间", "Filed at"),
    "ruledAt": ("判定时间", "Ruled at"),
    "estimate": ("预计赔付（元）", "Estimate (CNY)"),
    "compensation": ("赔付（元）", "Compensation (CNY)"),
    "points": ("扣分", "Penalty points"),
    "statement": ("卖家申诉", "The seller's statement"),
    "proofs": ("凭证", "Proofs"),
    "ruling": ("判定理由", "Reason"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
}
HEADINGS: dict[str, tuple[Both, ...]] = {
    "segments": (
        ("从", "From"),
        ("到", "To"),
        ("说明", "What"),
        ("计入时限", "Counted"),
        ("豁免", "Exemption"),
    ),
    "scans": (
        ("扫描时间", "Scanned at"),
        ("收到时间", "Received at"),
        ("代码", "Code"),
        ("内容", "Text"),
        ("来源", "Source"),
        ("证明已揽收", "Proves pickup"),
    ),
    "records": (
        ("序号", "No."),
        ("时间", "Time"),
        ("事项", "What"),
        ("操作人", "Who"),
        ("内容", "Details"),
        ("原截止时间", "Deadline before"),
        ("新截止时间", "Deadline after"),
    ),
    "cards": (
        ("时间", "Time"),
        ("类型", "Kind"),
        ("内容", "Text"),
        ("送达状态", "Delivery"),
        ("送达时间", "Delivered at"),
    ),
}
STYLE = (
    "body{font:14px/1.5 system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;"
    "max-width:64rem;margin:2rem auto;padding:0 1rem;color:#111}"
    "h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;border-bottom:1px solid #999;margin:1.5rem 0 .5rem}"
    "h3{font-size:1rem;margin:1rem 0 .25rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}"
    "dt{color:#555}dd{margin:0;white-space:pre-line;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%;font-size:.85rem;margin:.5rem 0}"
    "th,td{border:1px solid #bbb;padding:.2rem .4rem;text-align:left;vertical-align:top;"
    "white-space:pre-line;overflow-wrap:anywhere}th{background:#eee}"
    "@page{size:A4;margin:15mm}"
    "@media print{body{margin:0;padding:0;max-width:none;font-size:10px}thead{display:table-header-group}"
    "tr,dl{break-inside:avoid}h2,h3{break-after:avoid}}"
)
