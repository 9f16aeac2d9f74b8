"""Random operations of the schema, on ids and words that are there, that are not, and that cannot be."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from domain.ids import IdKind

if TYPE_CHECKING:
    from tests.oracle.filling import Filled

DEEPEST = 6
CURSORS = frozenset({"after", "before"})
LONG = "a_key_that_is_longer_than_the_sixty_three_bytes_postgresql_cuts_off_at"


@dataclass
class Asked:
    """A document with its variables; cursors differ between the two sides, so they are named apart."""

    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    cursors: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Variable -> (the product's cursor, the oracle's)."""


class Writer:
    """Writes one operation after the other."""

    def __init__(self, schema: GraphQLSchema, filled: Filled, seed: int) -> None:
        self.schema = schema
        self.filled = filled
        self.rng = random.Random(seed)
        self.known_cursors: list[tuple[str, str]] = []
        """Pairs of the same place in both sides' answers."""
        self._reset()

    def _reset(self) -> None:
        self._declared: list[str] = []
        self._asked = Asked("")
        self._fragments: list[str] = []
        self._names = 0

    def operation(self) -> Asked:
        """The next operation."""
        self._reset()
        query = self.schema.query_type
        assert query is not None
        fields = self.rng.choices(
            [name for name in query.fields if name != "carriers"], k=self.rng.choice([1, 1, 1, 2, 3])
        )
        body = " ".join(self._field(query, name, 1, f"r{place}: ") for place, name in enumerate(fields))
        head = f"query Q({', '.join(self._declared)})" if self._declared else "query Q"
        self._asked.document = " ".join([f"{head} {{ {body} }}", *self._fragments])
        return self._asked

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def _variable(self, kind: str, value: Any) -> str:
        name = self._name("v")
        default = ""
        if kind == "Boolean!" and self.rng.random() < 0.3:
            default = " = true"
        self._declared.append(f"${name}: {kind}{default}")
        self._asked.variables[name] = value
        return f"${name}"

    # --- selections

    def _selection(self, kind: Any, depth: int) -> str:
        if isinstance(kind, GraphQLInterfaceType):
            return self._abstract(kind, depth)
        parts = [
            self._field(kind, name, depth)
            for name in kind.fields
            if self.rng.random() < (0.5 if depth < 3 else 0.35)
            and (depth < DEEPEST or is_leaf_type(get_named_type(kind.fields[name].type)))
        ]
        if self.rng.random() < 0.2:
            parts.append("__typename")
        if self.rng.random() < 0.15:
            parts.append(self._wrapped(kind, depth))
        self.rng.shuffle(parts)
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _abstract(self, kind: GraphQLInterfaceType, depth: int) -> str:
        concrete = list(self.schema.get_possible_types(kind))
        chosen = self.rng.sample(concrete, self.rng.randrange(1, 4))
        parts = ["__typename", "id"] if self.rng.random() < 0.7 else ["__typename"]
        parts += [f"... on {each.name} {self._selection(each, depth + 1)}" for each in chosen]
        if self.rng.random() < 0.3:
            parts.append(f"... on Node {{ same: id ... on {chosen[0].name} {{ again: __typename }} }}")
        return "{ " + " ".join(parts) + " }"

    def _wrapped(self, kind: GraphQLObjectType, depth: int) -> str:
        inner = self._selection(kind, max(depth, 4) + 1)
        if self.rng.random() < 0.5:
            return f"... on {kind.name}{self._directive()} {inner}"
        name = self._name("F")
        self._fragments.append(f"fragment {name} on {kind.name} {inner}")
        return f"...{name}{self._directive()}"

    def _directive(self) -> str:
        if self.rng.random() < 0.7:
            return ""
        value = self.rng.random() < 0.6
        condition = self._variable("Boolean!", value) if self.rng.random() < 0.7 else str(value).lower()
        return f" @{self.rng.choice(['include', 'skip'])}(if: {condition})"

    def _field(self, kind: GraphQLObjectType, name: str, depth: int, alias: str = "") -> str:
        made = kind.fields[name]
        if not alias and made.args:
            # Two places of one key must agree: fields with arguments get a key of their own.
            alias = f"{self._name('k')}: "
        elif not alias and self.rng.random() < 0.1:
            alias = f"{self._name(LONG if self.rng.random() < 0.2 else 'x')}: "
        skipped = (
            {"first", "after"} if "last" in made.args and self.rng.random() < 0.35 else {"last", "before"}
        )
        if self.rng.random() < 0.03:
            skipped = set()
        elif name == "order":
            return alias + self._order(made, depth)
        given = {
            key: value
            for key, arg in made.args.items()
            if key not in skipped and (value := self._argument(name, key, arg))
        }
        arguments = f"({', '.join(f'{key}: {value}' for key, value in given.items())})" if given else ""
        inner = get_named_type(made.type)
        below = "" if is_leaf_type(inner) else f" {self._selection(inner, depth + 1)}"
        # A selection of its own cannot be merged with another under the same key.
        if below and not alias:
            alias = f"{self._name('o')}: "
        return f"{alias}{name}{arguments}{self._directive()}{below}"

    def _order(self, made: GraphQLField, depth: int) -> str:
        shop, number = self.rng.choice(self.filled.numbers)
        by_number = f'shopId: "{shop}", number: {_quoted(number)}'
        by_id = f'id: "{self.rng.choice(self.filled.ids[IdKind.ORDER])}"'
        given = by_number if self.rng.random() < 0.5 else by_id
        return f"order({given}) {self._selection(get_named_type(made.type), depth + 1)}"

    # --- arguments

    def _argument(self, field_name: str, name: str, argument: GraphQLArgument) -> str:
        required = is_non_null_type(argument.type)
        if not required and self.rng.random() < (
            0.97 if name in CURSORS else 0.3 if name == "last" else 0.45
        ):
            return ""
        if name in CURSORS:
            return self._cursor()
        # Mostly an id of the kind that can be there.
        wanted = f"{field_name}.{name}" if name == "id" and self.rng.random() < 0.85 else name
        value = self._value(wanted, get_nullable_type(argument.type))
        if isinstance(value, (list, str, int, bool)) and self.rng.random() < 0.4 and name not in CURSORS:
            return self._variable(str(argument.type), value)
        return self._literal(get_nullable_type(argument.type), value)

    def _cursor(self) -> str:
        if self.known_cursors and self.rng.random() < 0.9:
            name = self._name("c")
            self._declared.append(f"${name}: String")
            self._asked.cursors[name] = self.rng.choice(self.known_cursors[-40:])
            return f"${name}"
        return self._variable("String", self.rng.choice(["x", "", "W10", "WyJhIiwiYiJd", "é" * 10]))

    def _literal(self, kind: Any, value: Any) -> str:
        if value is None:
            return "null"
        if is_list_type(kind):
            inner = get_nullable_type(kind.of_type)
            return "[" + ", ".join(self._literal(inner, each) for each in value) + "]"
        if isinstance(kind, GraphQLInputObjectType):
            fields = kind.fields
            pairs = (
                f"{key}: {self._literal(get_nullable_type(fields[key].type), each)}"
                for key, each in value.items()
            )
            return "{" + ", ".join(pairs) + "}"
        if isinstance(kind, GraphQLEnumType):
            return str(value)
        if isinstance(value, bool):
            return str(value).lower()
        return _quoted(value) if isinstance(value, str) else str(value)

    def _value(self, name: str, kind: Any) -> Any:  # noqa: PLR0911 - one for each kind
        rng = self.rng
        if is_list_type(kind):
            inner = get_nullable_type(kind.of_type)
            return [self._value(name, inner) for _ in range(rng.choice([0, 1, 2, 3]))]
        if isinstance(kind, GraphQLEnumType):
            return rng.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind)
        match kind.name:
            case "ID":
                return self._id(name)
            case "Int":
                return rng.choice([0, 1, 2, 3, 5, 50, 200] * 12 + [-1, 201])
            case "Boolean":
                return rng.random() < 0.5
            case "DateTime":
                # Of a period, mostly one that has a length and at most 400 hours.
                least, most = {"from": (-20_000, 0), "to": (-1_000, 3_000)}.get(name, (-3_000, 3_000))
                moment = datetime.now(UTC) + timedelta(minutes=rng.randrange(least, most))
                return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
            case _:
                return self._word(name)

    def _input(self, kind: GraphQLInputObjectType) -> dict[str, Any]:
        found = {}
        for name, made in kind.fields.items():
            if is_non_null_type(made.type) or self.rng.random() < 0.2:
                found[name] = self._value(name, get_nullable_type(made.type))
        return found

    def _word(self, name: str) -> str:
        if name == "locale":
            return self.rng.choice(["zh-CN", "en", "fr"])
        if name == "carrier":
            return self.rng.choice(["SF", "ZTO", "顺丰", "nope"])
        word = self.rng.choice([*self.filled.words, "x", "%", "_a", "\\", "T26", "SF", "sf1"])
        return word[: self.rng.choice([1, 2, 3, 4, 5, 6, 7, 8])]

    def _id(self, name: str) -> str:
        rng = self.rng
        kinds = {
            "ticket.id": [IdKind.TICKET],
            "order.id": [IdKind.ORDER],
            "complaint.id": [IdKind.COMPLAINT],
            "shopIds": [IdKind.SHOP],
            "shopId": [IdKind.SHOP],
            "assigneeId": [IdKind.STAFF_MEMBER],
        }
        kind = rng.choice(kinds.get(name, list(self.filled.ids)))
        if rng.random() < 0.9:
            return rng.choice(self.filled.ids.get(kind, ["tkt_0"]))
        return rng.choice([f"{kind.value}_{uuid4().hex}", "", "tkt_", "abc_" + "0" * 32, "?"])


def _quoted(text: str) -> str:
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text) + '"'
