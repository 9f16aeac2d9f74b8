"""What is tried often is told once a second."""

import logging

import pytest

from live.throttle import Throttle


def test_warnings_of_one_kind_are_one_line_a_second(caplog: pytest.LogCaptureFixture) -> None:
    quiet = Throttle(logging.getLogger("lanshou.test"))
    away = OSError("No space left on device\nHINT:  Check free disk space.")
    for _ in range(3):
        quiet.warning("the demo waits", away)
    quiet._quiet_until = 0.0  # a second later
    quiet.warning("the demo waits", away)
    line = "the demo waits: OSError No space left on device HINT: Check free disk space."
    assert caplog.messages == [line, f"{line} (2 more times)"]


def test_words_that_may_be_a_users_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    Throttle(logging.getLogger("lanshou.test")).warning("away", OSError("the buyer's name"), message=False)
    assert caplog.messages == ["away: OSError"]
