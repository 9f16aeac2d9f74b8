"""What is known of a document: parsed and validated once, and its plans.

A document is kept at its second sight, so that a client that never sends the same one twice fills nothing;
what is kept is bounded by number and by characters.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from graphql import OperationDefinitionNode, OperationType, VariableNode

from resolvers.plan.compiler import Compiler, Plan
from resolvers.plan.operation import NotPlannable, Operation, Site

if TYPE_CHECKING:
    from graphql import DocumentNode

    from domain.access import Viewer
    from resolvers.plan.binding import Part

DOCUMENTS = 500
LONGEST = 20_000
"""Characters of a document worth keeping."""
CHARACTERS = 1_000_000
"""Of all documents together: a parsed one takes some 60 bytes for each."""
SEEN_ONCE = 10_000
"""Documents whose first sight is remembered, by their hash alone."""
PLANS = 16
"""Of one document: each set of present filters, order and page size is a plan of its own."""
PLAN_CHARACTERS = 16_000_000
"""Of all plans together; a queue page has some 4,000."""

REPEATS = 8
"""Requests of one document that are remembered as they were read: who polls a page asks the same again."""
REPEATED_BYTES = 500
"""Of variables worth remembering, as JSON."""

Build = Callable[[Compiler], list[str]]
"""Writes the columns of a statement."""


class Made(NamedTuple):
    """A plan with what this request brings to it."""

    plan: Plan
    parts: list[Part]


class Read(NamedTuple):
    """A request as it was read: the operation, and the plan with what the request brings to it."""

    operation: Operation
    made: Made


class Frame:
    """What is asked of a document in one way: one operation, one outcome of its directives, one role."""

    def __init__(self) -> None:
        self.sites: list[Site] | None = None
        self.plans: OrderedDict[Hashable, Plan] = OrderedDict()
        self.plannable = True


class Entry:
    """A document, what varies its shape, and its frames. `kept`: it was seen before."""

    def __init__(self, text: str, document: DocumentNode, *, kept: bool) -> None:
        self.text = text
        self.document = document
        self.kept = kept
        self.frames: OrderedDict[Hashable, Frame] = OrderedDict()
        self.plan_characters = 0
        """The length of all its statements."""
        self._switches: tuple[str, ...] | None = None
        self._read: OrderedDict[Hashable | None, Read] = OrderedDict()

    @property
    def switches(self) -> tuple[str, ...]:
        """The variables that directives look at."""
        if self._switches is None:
            self._switches = _switches(self.document)
        return self._switches

    def changes(self, name: str | None) -> bool:
        """Whether the operation of that name, or the only one, is a mutation."""
        node = operation_in(self.document, name)
        return node is not None and node.operation is OperationType.MUTATION

    def read_before(self, key: Hashable | None) -> Read | None:
        """The request of that key, when it was read not long ago."""
        return self._read.get(key)

    def remember(self, key: Hashable | None, read: Read) -> None:
        """Keep what was read of a request that may come again."""
        if key is not None:
            self._read[key] = read
            while len(self._read) > REPEATS:
                self._read.popitem(last=False)

    def find(self, what: Hashable, operation: Operation, build: Build) -> Made:
        """The plan of `what` is asked, made by `build` the first time; for a kept one ask `Documents.find`.

        Raises:
            NotPlannable: a resolver has a part in the answer.
            ReadRefused: an argument cannot be used.
            Forbidden: the viewer's role may not ask for it.
        """
        given = operation.variables.coerced
        viewer = operation.viewer
        name = operation.node.name.value if operation.node.name is not None else None
        switched = tuple(given.get(each) for each in self.switches)
        key = (what, name, switched, viewer.role, viewer.owner, viewer.shop_ids is None)
        frame = self.frames.get(key) or self._begin(key)
        if not frame.plannable:
            raise NotPlannable
        if frame.sites is not None:
            parts = [operation.read(site, number) for number, site in enumerate(frame.sites)]
            shape = tuple(part.pieces for part in parts)
            plan = frame.plans.get(shape)
            if plan is not None:
                frame.plans.move_to_end(shape)
                return Made(plan, parts)
        return self._made(frame, operation, build)

    def _begin(self, key: Hashable) -> Frame:
        frame = self.frames[key] = Frame()
        while len(self.frames) > PLANS:
            _, oldest = self.frames.popitem(last=False)
            self.plan_characters -= sum(len(plan.sql) for plan in oldest.plans.values())
            self._read.clear()  # they would keep the plans alive
        return frame

    def _made(self, frame: Frame, operation: Operation, build: Build) -> Made:
        compiler = Compiler(operation)
        try:
            plan = compiler.plan(build(compiler))
        except NotPlannable:
            frame.plannable = False
            raise
        frame.sites = compiler.sites
        frame.plans[tuple(part.pieces for part in compiler.parts)] = plan
        self.plan_characters += len(plan.sql)
        while len(frame.plans) > PLANS:
            _, oldest = frame.plans.popitem(last=False)
            self.plan_characters -= len(oldest.sql)
            self._read.clear()
        return Made(plan, compiler.parts)


class Documents:
    """The documents of a process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Entry] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self.characters = 0
        """Of all documents kept."""
        self.plan_characters = 0
        """Of all their plans."""

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, text: str) -> bool:
        return text in self._kept

    @property
    def remembered(self) -> int:
        """How many documents were seen once, of which only a hash is kept."""
        return len(self._seen)

    def get(self, text: str) -> Entry | None:
        """The entry of a document seen at least twice."""
        entry = self._kept.get(text)
        if entry is not None:
            self._kept.move_to_end(text)
        return entry

    def add(self, text: str, document: DocumentNode) -> Entry:
        """The entry of a document that passed every limit and rule; kept when it was seen before."""
        digest = hash(text)
        kept = digest in self._seen and len(text) <= LONGEST
        entry = Entry(text, document, kept=kept)
        if not kept:
            self._seen[digest] = None
            while len(self._seen) > SEEN_ONCE:
                self._seen.popitem(last=False)
            return entry
        self._kept[text] = entry
        self.characters += len(text)
        while len(self._kept) > DOCUMENTS or self.characters > CHARACTERS:
            self._drop_oldest()
        return entry

    def find(self, entry: Entry, what: Hashable, operation: Operation, build: Build) -> Made:
        """The plan of `what` is asked of a document; raises what `Entry.find` raises.

        While all plans together are too long, the least used documents are let go.
        """
        before = entry.plan_characters
        try:
            return entry.find(what, operation, build)
        finally:
            if self._kept.get(entry.text) is entry:
                self.plan_characters += entry.plan_characters - before
                while self.plan_characters > PLAN_CHARACTERS and len(self._kept) > 1:
                    self._drop_oldest()

    def _drop_oldest(self) -> None:
        text, entry = self._kept.popitem(last=False)
        self.characters -= len(text)
        self.plan_characters -= entry.plan_characters


def _switches(document: DocumentNode) -> tuple[str, ...]:
    # Selections only: graphql-core's `visit`, which looks at every node, took two fifths of a large plan.
    names: set[str] = set()
    waiting: list[Any] = list(document.definitions)
    while waiting:
        node = waiting.pop()
        names.update(
            argument.value.name.value
            for directive in node.directives or ()
            for argument in directive.arguments or ()
            if isinstance(argument.value, VariableNode)
        )
        below = getattr(node, "selection_set", None)
        if below is not None:
            waiting += below.selections
    return tuple(sorted(names))


def request_key(viewer: Viewer, variables: dict[str, Any] | None, name: str | None) -> Hashable | None:
    """What makes a request of a document the same as one before; None for one not worth remembering."""
    try:
        given = orjson.dumps(variables) if variables else b""
    except orjson.JSONEncodeError:  # half surrogates
        return None
    return None if len(given) > REPEATED_BYTES else (viewer, name, given)


def operation_in(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """The operation of that name, or the only one; None when there is none, or several and no name."""
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is None:
        return found[0] if len(found) == 1 else None
    return next((each for each in found if each.name is not None and each.name.value == name), None)
