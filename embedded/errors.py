"""What can go wrong with a private server."""


class EmbeddedError(RuntimeError):
    """A private server cannot run here; the message is one line that says what to do."""
