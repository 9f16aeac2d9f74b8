"""The context of the oracle: who asks, on one transaction."""

from dataclasses import dataclass
from typing import Any

import strawberry

from domain.access import Viewer
from domain.rulebook import Rulebook


@dataclass
class Context:
    """What the oracle's reads work with; `database` is one transaction (`transaction.OneTransaction`)."""

    database: Any
    viewer: Viewer
    book: Rulebook


class Asked:
    """The GraphQL context of the oracle."""

    def __init__(self, context: Context) -> None:
        # A circle of imports: the reads name the context's type.
        from tests.oracle.reads.reads import Reads

        self.context = context
        self.reads = Reads(context)


Info = strawberry.Info[Asked, None]
