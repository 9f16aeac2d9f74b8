"""The schema whose every field is resolved row by row: slow, plain, and other code than the product's."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema import enums
from schema.scalars import SCALARS
from tests.oracle.fields import resolve
from tests.oracle.queries import Query

__all__ = ["enums", "oracle"]

oracle = strawberry.Schema(query=Query, config=StrawberryConfig(default_resolver=resolve, scalar_map=SCALARS))
