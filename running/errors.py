"""What stops a start."""


class StartError(RuntimeError):
    """Lanshou cannot run here; the message is one line that says what to do."""
