"""What can be wrong with data that comes in from others; each message is fit to be sent back to them."""


class PushError(Exception):
    """A push that cannot be read at all: nothing of it was taken."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ExportError(Exception):
    """A file that is not an order export, or one without the columns that an import needs."""

    def __init__(self, message: str, *, found: tuple[str, ...] = (), missing: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.found = found
        self.missing = missing
