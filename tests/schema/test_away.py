"""What the web process says of a PostgreSQL that is away."""

import logging

import pytest
from graphql import GraphQLError

from live import throttle
from schema import errors


def test_requests_without_postgresql_are_one_line_a_second(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle.POSTGRES, "_quiet_until", 0.0)
    raised = [GraphQLError("x", original_error=ConnectionRefusedError("a name")) for _ in range(50)]
    with caplog.at_level(logging.DEBUG):
        told = [errors.finished([each], asked=None)[0].extensions for each in raised]
    assert told == [{"code": "UNAVAILABLE"}] * 50
    assert caplog.messages == ["request -: a server we need is away: ConnectionRefusedError"]
