"""The few kinds of column that the tables are made of, and how constraints are named."""

import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

_enums: dict[str, postgresql.ENUM] = {}


def enum_type(of: type[enum.Enum], name: str) -> postgresql.ENUM:
    """The native enum type called `name`, one object for all its columns."""
    if name not in _enums:
        _enums[name] = postgresql.ENUM(of, name=name, metadata=SQLModel.metadata)
    return _enums[name]


def key(*, primary: bool = True) -> Any:  # noqa: ANN401 - sa.Column's type parameter differs for each use
    """A UUID that is part of the primary key."""
    return sa.Column(sa.Uuid(), primary_key=primary, nullable=False)


def ref(*, optional: bool = False) -> Any:  # noqa: ANN401
    """The id half of a composite foreign key."""
    return sa.Column(sa.Uuid(), nullable=optional)


def instant(*, optional: bool = False) -> Any:  # noqa: ANN401
    """A moment, timestamptz; what we store is exact to the millisecond."""
    return sa.Column(sa.TIMESTAMP(timezone=True), nullable=optional)


def money(*, optional: bool = False) -> Any:  # noqa: ANN401
    """Yuan with two digits."""
    return sa.Column(sa.Numeric(12, 2), nullable=optional)


def text(*, optional: bool = False) -> Any:  # noqa: ANN401
    """Free text."""
    return sa.Column(sa.Text(), nullable=optional)


def code(*, optional: bool = False) -> Any:  # noqa: ANN401
    """Text that is searched by prefix: collation C lets a plain B-tree serve LIKE 'x%'."""
    return sa.Column(sa.Text(collation="C"), nullable=optional)


def word(of: type[enum.Enum], name: str, *, optional: bool = False) -> Any:  # noqa: ANN401
    """A word of a native enum."""
    return sa.Column(enum_type(of, name), nullable=optional)


def texts() -> Any:  # noqa: ANN401
    """A list of texts, never null."""
    return sa.Column(postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")


def instants() -> Any:  # noqa: ANN401
    """A list of moments, never null."""
    return sa.Column(postgresql.ARRAY(sa.TIMESTAMP(timezone=True)), nullable=False, server_default="{}")


def refs() -> Any:  # noqa: ANN401
    """A list of ids, each of which may be null; the list never is."""
    return sa.Column(postgresql.ARRAY(sa.Uuid()), nullable=False, server_default="{}")


def whole(*, optional: bool = False, default: int | None = None, big: bool = False) -> Any:  # noqa: ANN401
    """A whole number."""
    return sa.Column(
        sa.BigInteger() if big else sa.Integer(),
        nullable=optional,
        server_default=None if default is None else str(default),
    )


def flag(*, default: bool = False) -> Any:  # noqa: ANN401
    """Yes or no, never null."""
    return sa.Column(sa.Boolean(), nullable=False, server_default=sa.text("true" if default else "false"))
