"""The evidence pack of a ticket as data: everything its viewer may see of it at one moment, sealed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from domain.errors import NotFound
from exports import canonical, keys, seals
from exports.seals import Parts, Verdict
from schema import snapshots
from schema.snapshots import Query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exports.keys import Public
    from resolvers.context import Context
    from schema.snapshots import Snapshot

Pack = dict[str, Any]
FORMAT = "lanshou-evidence/1"
FORM = "data"
SEAL = "seal"
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*")
"""So that no key looks like a path of several."""

_RECORD = """
fragment Records on FollowUpRecordConnection {
  pageInfo { hasNextPage endCursor }
  edges { node {
    id position action occurredAt note deadlineBefore deadlineAfter reminderMinutes
    actor { kind name }
    reply {
      note promisedPickupAt proofUrls
      scheme { code labelZh: label(locale: "zh-CN") labelEn: label(locale: "en") }
    }
    assigneeBefore { displayName }
    assigneeAfter { displayName }
    waybillChange { reason from { id carrier waybillNumber } to { id carrier waybillNumber } }
  } }
}"""
_SCAN = """
fragment Scans on TrackingEventConnection {
  pageInfo { hasNextPage endCursor }
  edges { node { id occurredAt receivedAt code description source provesPickup } }
}"""
_TICKET = Query(f"""
query ($id: ID!) {{
  ticket(id: $id) {{
    id number kind status outcome version round policyVersion openedAt updatedAt deadlineAt urgency
    promisedPickupAt promiseEndsAt promiseBrokenAt repliedAt completedAt escalatedAt moneyAtRisk
    shop {{ id name market }}
    assignee {{ displayName }}
    deadlineExplanation {{
      deadlineAt policyVersion
      segments {{
        from to reason counted
        exemption {{ id title market region end basis from to latestAt }}
      }}
    }}
    order {{
      id number status buyerNick itemTitle quantity paidAmount paidAt shipBy shippedAt pickedUpAt refundedAt
      closedAt
      parcels {{
        id carrier waybillNumber shippedAt shippedAtEstimated pickedUpAt current replacedAt
        replacedBy {{ id waybillNumber }}
        warnings {{ code message }}
        trackingEvents(first: 200) {{ ...Scans }}
      }}
    }}
    followUps(first: 200) {{ ...Records }}
    cards {{ id kind title body createdAt delivery deliveredAt }}
    complaint {{
      id status violation filedAt ruledAt statement proofUrls estimatedCompensation compensation penaltyPoints
      reason
    }}
  }}
}}{_RECORD}{_SCAN}""")
_MORE_RECORDS = Query(f"""
query ($id: ID!, $after: String) {{
  node(id: $id) {{ ... on Ticket {{ page: followUps(first: 200, after: $after) {{ ...Records }} }} }}
}}{_RECORD}""")
_MORE_SCANS = Query(f"""
query ($id: ID!, $after: String) {{
  node(id: $id) {{ ... on Parcel {{ page: trackingEvents(first: 200, after: $after) {{ ...Scans }} }} }}
}}{_SCAN}""")


async def collected(context: Context, ticket_id: str) -> Pack:
    """The sealed pack of the ticket of this public id, as its viewer sees it.

    Raises:
        NotFound: there is no such ticket, or none that the viewer may see.
        NoKey: no key is set to sign it with.
    """
    signer = keys.signer(context.services.settings)
    async with snapshots.taken(context) as view:
        ticket = (await view.read(_TICKET, {"id": ticket_id}))["ticket"]
        if ticket is None:
            raise NotFound("ticket")
        ticket["records"] = await _whole(view, ticket.pop("followUps"), _MORE_RECORDS, ticket["id"])
        for parcel in ticket["order"]["parcels"]:
            scans = await _whole(view, parcel.pop("trackingEvents"), _MORE_SCANS, parcel["id"])
            parcel["scans"] = scans[::-1]
        at = view.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    pack: Pack = {"format": FORMAT, "asOf": at, "seenAs": context.viewer.role.value, "ticket": ticket}
    return {**pack, SEAL: seals.made(signer, FORM, _parts(pack))}


async def _whole(view: Snapshot, page: Pack, more: Query, of: str) -> list[Pack]:
    """All entries of a list whose first page is there, in its order."""
    found = [edge["node"] for edge in page["edges"]]
    while page["pageInfo"]["hasNextPage"]:
        answer = await view.read(more, {"id": of, "after": page["pageInfo"]["endCursor"]})
        page = answer["node"]["page"]
        found += [edge["node"] for edge in page["edges"]]
    return found


def written(pack: Pack) -> bytes:
    """The file of a pack, for programs and for people."""
    return json.dumps(pack, ensure_ascii=False, indent=1).encode() + b"\n"


def verified(data: bytes, known: Mapping[str, Public]) -> Verdict:
    """Whether a file is what `written` gave, by the public keys one trusts; if not, which fields are not."""
    try:
        pack = canonical.read(data)
        if not isinstance(pack, dict) or SEAL not in pack:
            return Verdict(("it is no evidence pack: it has no seal",))
        said = {name: value for name, value in pack.items() if name != SEAL}
        found = seals.verdict(pack[SEAL], FORM, _parts(said), known)
    except canonical.NotCanonical as error:
        return Verdict((f"it can no longer be read: {error}",))
    if found.whole and written(pack) != data:
        return Verdict(
            remarks=("it was written anew, with other spaces or in another order: it says the same",)
        )
    return found


def _parts(pack: Pack) -> Parts:
    """Every value of the pack by its path, such as `ticket.records[2].note`; of what is empty, that it is."""
    found: Parts = {}
    waiting: list[tuple[str, Any]] = [("", pack)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            if not all(_KEY.fullmatch(key) for key in value):
                raise canonical.NotCanonical("it names a key as no pack does")
            waiting += [(f"{path}.{key}" if path else key, each) for key, each in reversed(value.items())]
        elif isinstance(value, list) and value:
            waiting += [(f"{path}[{number}]", each) for number, each in reversed(list(enumerate(value)))]
        else:
            found[path] = canonical.text(value)
    return found
