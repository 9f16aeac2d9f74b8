"""The lists that can be exported: each is asked for as a client would ask, page after page in one view."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exports import columns, words
from schema import snapshots
from schema.snapshots import Query

if TYPE_CHECKING:
    from exports.columns import Cell, Column, Row
    from resolvers.context import Context

Filter = dict[str, Any]
"""A filter of the API, as a client sends it."""
Rows = AsyncGenerator[list["Row"], None]


@dataclass(frozen=True, slots=True)
class List:
    """A list: its `field` in the API and the filter that it takes, the query of a page, its columns."""

    field: str
    takes: str
    query: Query
    columns: tuple[Column, ...]

    def heading(self, locale: str) -> list[str]:
        """The first row of the file."""
        return [words.text(column.heading, locale) for column in self.columns]

    def cells(self, row: Row, locale: str) -> list[Cell]:
        """A row of the file."""
        return [column.of(row, locale) for column in self.columns]

    async def pages(self, context: Context, wanted: Filter) -> Rows:
        """Everything that the filter leaves of what the viewer sees, at one moment, some rows at a time.

        The file knows one row a time, and PostgreSQL one page: memory does not grow with the list.

        Raises:
            GraphQLError, ReadRefused, Forbidden: as the API does, before the first page.
        """
        after: str | None = None
        async with snapshots.taken(context) as view:
            while True:
                answer = await view.read(self.query, {"filter": wanted, "after": after})
                page = answer[self.field]
                yield [edge["node"] for edge in page["edges"]]
                if not page["pageInfo"]["hasNextPage"]:
                    return
                after = page["pageInfo"]["endCursor"]


TICKETS = List(
    "tickets",
    "TicketFilter",
    Query("""
query ($filter: TicketFilter, $after: String) {
  tickets(filter: $filter, orderBy: {field: OPENED_AT, direction: ASC}, first: 200, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node {
      id number kind status outcome round openedAt deadlineAt repliedAt promiseEndsAt promiseBrokenAt
      completedAt escalatedAt moneyAtRisk
      shop { name }
      assignee { displayName }
      complaint { status compensation }
      order {
        number buyerNick itemTitle quantity paidAmount paidAt shipBy shippedAt pickedUpAt
        parcels { carrier waybillNumber current }
      }
    } }
  }
}"""),
    columns.TICKETS,
)
COMPLAINTS = List(
    "complaints",
    "ComplaintFilter",
    Query("""
query ($filter: ComplaintFilter, $after: String) {
  complaints(filter: $filter, first: 200, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node {
      id status violation filedAt ruledAt estimatedCompensation compensation penaltyPoints statement reason
      ticket { id number shop { name } order { number buyerNick paidAmount paidAt } }
    } }
  }
}"""),
    columns.COMPLAINTS,
)
LISTS = {each.field: each for each in (TICKETS, COMPLAINTS)}
