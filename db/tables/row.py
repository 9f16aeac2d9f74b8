"""The class of every row of every table."""

from typing import TypeAlias

from sqlmodel import SQLModel

TableRow: TypeAlias = SQLModel
