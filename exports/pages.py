"""The evidence pack as a page to print: HTML without anything from elsewhere, sealed line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exports import canonical, html, seals, words
from exports.html import facts, section, table
from exports.page_words import HEADINGS, STYLE, TEXTS
from exports.seals import Parts, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exports.html import Lines
    from exports.keys import Public, Signer
    from exports.packs import Pack

MEDIA_TYPE = "text/html; charset=utf-8"
FORM = "page"
SEAL = "seal"
PACK = "pack"
NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy of the page."""


def written(pack: Pack, signer: Signer, locale: str) -> bytes:
    """The page of a sealed pack, with the pack itself in it for programs."""
    return sealed(_Page(pack, locale).lines(signer.key_id), signer)


def sealed(lines: Lines, signer: Signer) -> bytes:
    """The page of these lines, with the seal as its last."""
    parts = _parts("\n".join(lines).encode().split(b"\n"))
    seal = html.data(SEAL, canonical.text(seals.made(signer, FORM, parts)).decode())
    return "\n".join([*lines, seal, ""]).encode()


def verified(data: bytes, known: Mapping[str, Public]) -> Verdict:
    """Whether a page is what `written` gave, by the public keys one trusts; if not, which lines are not."""
    before, found, rest = data.rpartition(_OPENING)
    text, closing, after = rest.partition(_CLOSING)
    if not (found and closing):
        return Verdict(("it is no evidence page: it has no seal",))
    try:
        seal = canonical.read(text)
        if f"{html.data(SEAL, canonical.text(seal).decode())}\n".encode() != found + text + closing:
            return Verdict(("the seal was written anew",))
    except canonical.NotCanonical as error:
        return Verdict((f"the seal can no longer be read: {error}",))
    if after or not before.endswith(b"\n"):
        return Verdict(("something was added around the seal",))
    return seals.verdict(seal, FORM, _parts(before[:-1].split(b"\n")), known)


_OPENING = html.data(SEAL, "").partition("</")[0].encode()
_CLOSING = b"</script>\n"


def _parts(lines: list[bytes]) -> Parts:
    return {f"line {number}": line for number, line in enumerate(lines, 1)}


_MOMENTS = (
    "openedAt",
    "deadlineAt",
    "repliedAt",
    "promisedPickupAt",
    "promiseEndsAt",
    "promiseBrokenAt",
    "completedAt",
    "escalatedAt",
)


class _Page:
    """The page in one language."""

    def __init__(self, pack: Pack, locale: str) -> None:
        self.pack = pack
        self.ticket: dict[str, Any] = pack["ticket"]
        self.locale = locale

    def lines(self, key_id: str) -> Lines:
        """Everything but the seal."""
        ticket = self.ticket
        title = f"{self.text('title')} · {ticket['number']}"
        seen_as = self.word("actor", self.pack["seenAs"])
        about = self.text("about").format(time=self.moment(self.pack["asOf"]), role=seen_as)
        return [
            "<!doctype html>",
            f'<html lang="{html.escaped(self.locale)}">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{html.escaped(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head><body>",
            f"<header><h1>{html.escaped(title)}</h1>",
            f"<p>{html.escaped(about)}</p></header>",
            *section(self.text("ticket"), facts(self._ticket())),
            *self._clock(),
            *section(self.text("order"), facts(self._order())),
            *section(self.text("parcels"), *(self._parcel(each) for each in ticket["order"]["parcels"])),
            *self._records(),
            *self._cards(),
            *self._complaint(),
            *section(self.text("seal"), [f"<p>{html.escaped(self.text('sealed').format(key=key_id))}</p>"]),
            "</body></html>",
            html.data(PACK, canonical.text(self.pack).decode()),
        ]

    def text(self, name: str) -> str:
        """A text of the page."""
        return words.text(TEXTS[name], self.locale)

    def headings(self, name: str) -> list[str]:
        """The headings of a table."""
        return [words.text(each, self.locale) for each in HEADINGS[name]]

    def word(self, kind: str, value: str | None) -> str:
        """A word of the API."""
        return words.word(kind, value, self.locale)

    @staticmethod
    def moment(value: str | None) -> str:
        """An instant."""
        return words.moment(value)

    def yes(self, value: object) -> str:
        """A yes or no."""
        return self.text("yes" if value else "no")

    def _ticket(self) -> list[tuple[str, object]]:
        ticket = self.ticket
        shop = ticket["shop"]
        return [
            (self.text("number"), ticket["number"]),
            (
                self.text("shop"),
                f"{shop['name']} ({self.word('market', shop['market'])})",
            ),
            (self.text("kind"), self.word("kind", ticket["kind"])),
            (self.text("status"), self.word("status", ticket["status"])),
            (self.text("outcome"), self.word("outcome", ticket["outcome"])),
            (self.text("round"), ticket["round"]),
            (self.text("assignee"), (ticket["assignee"] or {}).get("displayName")),
            *((self.text(name), self.moment(ticket[name])) for name in _MOMENTS),
            (self.text("moneyAtRisk"), ticket["moneyAtRisk"]),
        ]

    def _clock(self) -> Lines:
        explained = self.ticket["deadlineExplanation"]
        deadline = self.moment(explained["deadlineAt"]) or self.text("stopped")
        rows = [
            (
                self.moment(each["from"]),
                self.moment(each["to"]),
                self.word("reason", each["reason"]),
                self.yes(each["counted"]),
                (each["exemption"] or {}).get("title"),
            )
            for each in explained["segments"]
        ]
        said = [(self.text("deadlineAt"), deadline), (self.text("policyVersion"), explained["policyVersion"])]
        return section(
            self.text("clock"), facts(said), table(self.headings("segments"), rows, self.text("nothing"))
        )

    def _order(self) -> list[tuple[str, object]]:
        order = self.ticket["order"]
        names = ("paidAt", "shipBy", "shippedAt", "pickedUpAt", "refundedAt", "closedAt")
        return [
            (self.text("orderNumber"), order["number"]),
            (self.text("status"), self.word("order", order["status"])),
            (self.text("buyerNick"), order["buyerNick"]),
            (self.text("itemTitle"), order["itemTitle"]),
            (self.text("quantity"), order["quantity"]),
            (self.text("paidAmount"), order["paidAmount"]),
            *((self.text(name), self.moment(order[name])) for name in names),
        ]

    def _parcel(self, parcel: dict[str, Any]) -> Lines:
        new = (parcel["replacedBy"] or {}).get("waybillNumber", "")
        replaced = self.text("replaced").format(time=self.moment(parcel["replacedAt"]), number=new)
        said = [
            (self.text("state"), self.text("current") if parcel["current"] else replaced),
            (self.text("shippedAt"), self.moment(parcel["shippedAt"])),
            (self.text("estimated"), self.text("yes") if parcel["shippedAtEstimated"] else None),
            (self.text("pickedUpAt"), self.moment(parcel["pickedUpAt"])),
            (self.text("warnings"), "; ".join(each["message"] for each in parcel["warnings"])),
        ]
        rows = [
            (
                self.moment(each["occurredAt"]),
                self.moment(each["receivedAt"]),
                each["code"],
                each["description"],
                each["source"],
                self.yes(each["provesPickup"]),
            )
            for each in parcel["scans"]
        ]
        name = f"<h3>{html.escaped(parcel['carrier'])} {html.escaped(parcel['waybillNumber'])}</h3>"
        return [name, *facts(said), *table(self.headings("scans"), rows, self.text("noScans"))]

    def _records(self) -> Lines:
        rows = [
            (
                each["position"],
                self.moment(each["occurredAt"]),
                self.word("action", each["action"]),
                f"{each['actor']['name']} ({self.word('actor', each['actor']['kind'])})",
                "\n".join(self._details(each)),
                self.moment(each["deadlineBefore"]),
                self.moment(each["deadlineAfter"]),
            )
            for each in self.ticket["records"]
        ]
        return section(self.text("records"), table(self.headings("records"), rows, self.text("nothing")))

    def _details(self, record: dict[str, Any]) -> list[str]:
        said = [record["note"] or ""]
        if record["reminderMinutes"] is not None:
            said.append(self.text("reminder").format(minutes=record["reminderMinutes"]))
        if record["action"] == "ASSIGNED":
            before, after = (
                (record[name] or {}).get("displayName") or self.text("nobody")
                for name in ("assigneeBefore", "assigneeAfter")
            )
            said.append(f"{before} → {after}")
        if (reply := record["reply"]) is not None:
            said += [
                words.text((reply["scheme"]["labelZh"], reply["scheme"]["labelEn"]), self.locale),
                reply["note"] or "",
                *reply["proofUrls"],
            ]
            if reply["promisedPickupAt"] is not None:
                said.append(self.text("promised").format(time=self.moment(reply["promisedPickupAt"])))
        if (change := record["waybillChange"]) is not None:
            old, new = (
                f"{each['carrier']} {each['waybillNumber']}" for each in (change["from"], change["to"])
            )
            said += [f"{old} → {new}", change["reason"] or ""]
        return [each for each in said if each]

    def _cards(self) -> Lines:
        rows = [
            (
                self.moment(each["createdAt"]),
                self.word("card", each["kind"]),
                f"{each['title']}\n{each['body']}",
                self.word("delivery", each["delivery"]),
                self.moment(each["deliveredAt"]),
            )
            for each in self.ticket["cards"]
        ]
        return section(self.text("cards"), table(self.headings("cards"), rows, self.text("nothing")))

    def _complaint(self) -> Lines:
        complaint = self.ticket["complaint"]
        if complaint is None:
            return []
        said = [
            (self.text("status"), self.word("complaint", complaint["status"])),
            (self.text("violation"), self.word("violation", complaint["violation"])),
            (self.text("filedAt"), self.moment(complaint["filedAt"])),
            (self.text("ruledAt"), self.moment(complaint["ruledAt"])),
            (self.text("estimate"), complaint["estimatedCompensation"]),
            (self.text("compensation"), complaint["compensation"]),
            (self.text("points"), complaint["penaltyPoints"]),
            (self.text("statement"), complaint["statement"]),
            (self.text("proofs"), "\n".join(complaint["proofUrls"])),
            (self.text("ruling"), complaint["reason"]),
        ]
        return section(self.text("complaint"), facts(said))
