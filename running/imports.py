"""The adapter between the two import commands and `resolvers.imports`."""

from collections.abc import Callable
from pathlib import Path

from settings import Settings


async def orders(settings: Settings, path: Path, shop: str, progress: Callable[[int], None]) -> list[str]:
    """Import a seller's export into `shop`; give the lines of the report. `progress` takes bytes read."""
    raise NotImplementedError  # TODO(lead): call resolvers.imports.import_orders.


async def tracking(settings: Settings, path: Path, progress: Callable[[int], None]) -> list[str]:
    """Import a file of carrier pushes; give the lines of the report. `progress` takes bytes read."""
    raise NotImplementedError  # TODO(lead): call resolvers.imports.import_tracking.
