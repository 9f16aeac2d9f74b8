"""Bearer tokens: what a good one says, and that no other is believed (`architecture.md §8`)."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from db import keys
from domain import ids
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import tokens
from settings import Settings

KEY = "k" * 64
SETTINGS = Settings(jwt_key=KEY)
SHOP = keys.new()
TTL = timedelta(hours=1)


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims of Amy, with changes; None drops one."""
    now = datetime.now(UTC)
    good = {
        "iss": "lanshou",
        "aud": "lanshou",
        "sub": "amy",
        "role": "staff",
        "shops": [ids.encode(IdKind.SHOP, SHOP)],
        "iat": now,
        "exp": now + TTL,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def sign(key: str = KEY, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm)


def raw(payload: bytes, header: dict[str, str] | None = None, key: str = KEY) -> str:
    """A token over any bytes, properly signed."""
    parts = [json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode(), payload]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = jwt.get_algorithm_by_name("HS256").sign(signed, key.encode())
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


@pytest.mark.parametrize("role", sorted(tokens.ROLES))
def test_what_is_issued_is_read_again(role: ActorKind) -> None:
    token = tokens.issue(SETTINGS, role, "小明", [SHOP], owner=role is ActorKind.STAFF, ttl=TTL)
    viewer = tokens.read(SETTINGS, token)
    assert (viewer.role, viewer.subject) == (role, "小明")
    assert viewer.shop_ids == (None if role is ActorKind.PLATFORM else frozenset({SHOP}))
    assert viewer.owner is (role is ActorKind.STAFF)
    assert viewer.expires_at is not None
    assert timedelta() < viewer.expires_at - datetime.now(UTC) <= TTL


def test_a_consumer_needs_no_shops() -> None:
    token = tokens.issue(SETTINGS, ActorKind.CONSUMER, "bob", None, owner=False, ttl=TTL)
    assert tokens.read(SETTINGS, token).shop_ids is None


def test_owner_is_said_by_true_and_nothing_else() -> None:
    for value in ("true", 1, [True], {"a": 1}):
        assert tokens.read(SETTINGS, sign(owner=value)).owner is False
    assert tokens.read(SETTINGS, sign(owner=True)).owner is True


PAST = datetime.now(UTC) - timedelta(seconds=2)
FORGED = {
    "nothing": "",
    "words": "let me in",
    "dots": "..",
    "half a surrogate": "\ud800",
    "not base64": "ä.ö.ü",
    "cut": sign()[:-2],
    "other key": sign(key="x" * 64),
    "unsigned": jwt.encode(claims(), "", algorithm="none"),
    "none, signed": raw(b"{}", {"alg": "none"}),
    "HS512": sign(algorithm="HS512"),
    "payload swapped": ".".join([*sign().split(".")[:1], *sign(sub="root").split(".")[1:2], "AAAA"]),
    "expired": sign(exp=PAST),
    "not yet": sign(nbf=datetime.now(UTC) + TTL),
    "issued later": sign(iat=datetime.now(UTC) + TTL),
    "without end": sign(exp=None),
    "without subject": sign(sub=None),
    "without audience": sign(aud=None),
    "without issuer": sign(iss=None),
    "other audience": sign(aud="elsewhere"),
    "other issuer": sign(iss="elsewhere"),
    "without role": sign(role=None),
    "system": sign(role="system"),
    "unknown role": sign(role="god"),
    "role list": sign(role=["staff"]),
    "blank subject": sign(sub=" "),
    "zero subject": sign(sub="a\x00"),
    "surrogate subject": raw(
        json.dumps(claims(sub="\ud800", iat=0, exp=4_000_000_000)).encode(),
    ),
    "staff without shops": sign(shops=None),
    "integration without shops": sign(role="integration", shops=None),
    "shops as text": sign(shops="all"),
    "shops of numbers": sign(shops=[1]),
    "a shop that is none": sign(shops=["shp_1"]),
    "another kind's id": sign(shops=[ids.encode(IdKind.ORDER, SHOP)]),
    "too many shops": sign(shops=[ids.encode(IdKind.SHOP, SHOP)] * (tokens.SHOPS + 1)),
    "no object": raw(b"[]"),
    "no JSON": raw(b"\xff"),
    "empty": raw(b""),
}
for name, value in {
    "number subject": 7,
    "list subject": ["a"],
}.items():
    FORGED[name] = raw(json.dumps(claims(sub=value, iat=0, exp=4_000_000_000)).encode())
for name, end in {
    "end as text": '"4000000000"',
    "end as words": '"tomorrow"',
    "endless": "1e400",
    "no number": "NaN",
    "far end": "99999999999999999999",
    "end as list": "[1]",
    "end as object": "{}",
    "end negative": "-1e30",
}.items():
    payload = json.dumps(claims(iat=0, exp=1)).replace('"exp": 1', f'"exp": {end}')
    FORGED[name] = raw(payload.encode())


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_a_forged_stale_or_garbled_token_is_refused(token: str) -> None:
    with pytest.raises(tokens.BadToken):
        tokens.read(SETTINGS, token)


def test_without_a_key_nothing_is_read_or_issued() -> None:
    with pytest.raises(tokens.BadToken):
        tokens.read(Settings(), sign())
    with pytest.raises(tokens.BadToken):
        tokens.issue(Settings(), ActorKind.PLATFORM, "root", None, owner=False, ttl=TTL)


def test_a_token_of_another_deployment_is_refused() -> None:
    other = Settings(jwt_key=KEY, jwt_audience="elsewhere")
    token = tokens.issue(other, ActorKind.PLATFORM, "root", None, owner=False, ttl=TTL)
    with pytest.raises(tokens.BadToken):
        tokens.read(SETTINGS, token)


def test_a_known_token_is_believed_until_it_ends_and_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = tokens.Reader(SETTINGS)
    ends_at = datetime.now(UTC) + timedelta(seconds=60)
    token = sign(exp=ends_at)
    viewer = reader.read(token)
    checked: list[str] = []
    monkeypatch.setattr(tokens, "read", lambda _, text: checked.append(text))
    assert reader.read(token) is viewer
    assert checked == []
    reader.read(token[:-1])
    assert checked == [token[:-1]]

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            del tz
            return ends_at

    monkeypatch.setattr(tokens, "datetime", Later)
    with pytest.raises(tokens.BadToken, match="expired"):
        reader.read(token)


def test_a_bad_token_is_not_remembered_and_few_good_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    reader = tokens.Reader(SETTINGS)
    for _ in range(2):
        with pytest.raises(tokens.BadToken):
            reader.read(sign(key="x" * 64))
    assert len(reader) == 0
    for number in range(5):
        reader.read(sign(sub=f"amy{number}"))
    assert len(reader) == 3
