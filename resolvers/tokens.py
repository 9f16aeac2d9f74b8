"""Bearer tokens: JWT, signed with the key of the settings (HS256); the role and shops are claims."""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt

from domain import ids
from domain.access import Viewer
from domain.events import ActorKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from settings import Settings

ALGORITHM = "HS256"
ROLES = frozenset(ActorKind) - {ActorKind.SYSTEM}
LEEWAY_S = 0
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
SHOPS = 1_000
"""A token naming more shops than this would not fit a request header."""
REMEMBERED = 2_000
"""Good tokens; one is some 300 bytes, and 50 more for each shop."""


class BadToken(Exception):
    """The token is missing something, was not made by us, or its time is over; the text says which."""


def issue(
    settings: Settings,
    role: ActorKind,
    subject: str,
    shop_ids: Sequence[UUID] | None,
    *,
    owner: bool,
    ttl: timedelta,
) -> str:
    """A token for `subject`. `shop_ids` None: every shop (platform), or all own orders (consumer)."""
    now = datetime.now(UTC)
    claims: dict[str, Any] = {
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "sub": subject,
        "role": role.value.lower(),
        "iat": now,
        "exp": now + ttl,
    }
    if shop_ids is not None:
        claims["shops"] = [ids.encode(ids.IdKind.SHOP, shop_id) for shop_id in shop_ids]
    if owner:
        claims["owner"] = True
    return jwt.encode(claims, _key(settings), algorithm=ALGORITHM)


def read(settings: Settings, token: str) -> Viewer:
    """Who the token speaks for; raises `BadToken`."""
    try:
        claims = jwt.decode(
            token,
            _key(settings),
            algorithms=[ALGORITHM],
            audience=settings.jwt_audience,
            issuer=settings.jwt_issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, UnicodeError) as error:  # half surrogates reach us in a socket's JSON
        raise BadToken(str(error)) from error
    role = _role(claims.get("role"))
    shop_ids = _shop_ids(claims.get("shops"))
    if shop_ids is None and role in {ActorKind.STAFF, ActorKind.INTEGRATION}:
        raise BadToken("a token of this role names its shops")
    return Viewer(
        role=role,
        subject=_subject(claims["sub"]),
        shop_ids=None if role is ActorKind.PLATFORM else shop_ids,
        owner=claims.get("owner") is True,
        expires_at=_instant(claims["exp"]),
    )


class Reader:
    """Reads tokens, and remembers those that are good until they end: a signature is checked once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: OrderedDict[str, Viewer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def read(self, token: str) -> Viewer:
        """Who the token speaks for; raises `BadToken`."""
        viewer = self._known.get(token)
        if viewer is None:
            viewer = self._known[token] = read(self._settings, token)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        elif viewer.expires_at is None or viewer.expires_at <= datetime.now(UTC):
            del self._known[token]
            raise BadToken("Signature has expired")
        else:
            self._known.move_to_end(token)
        return viewer

    def of_header(self, authorization: str | None) -> Viewer | None:
        """Who the bearer token of a header speaks for; None without one, or when it is no good."""
        scheme, _, token = (authorization or "").strip().rpartition(" ")
        if not token or scheme.strip().lower() not in {"", "bearer"}:
            return None
        try:
            return self.read(token)
        except BadToken:
            return None


def _key(settings: Settings) -> str:
    if settings.jwt_key is None:
        raise BadToken("no LANSHOU_JWT_KEY is set")
    return settings.jwt_key


def _subject(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or _UNSTORABLE.search(value):
        raise BadToken("the subject is not a name")
    return value


def _instant(value: object) -> datetime:
    """A NumericDate that a datetime can hold; PyJWT takes text and any size too."""
    if not isinstance(value, int | float):
        raise BadToken("exp is not a number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadToken("exp is no time") from None


def _role(value: object) -> ActorKind:
    try:
        role = ActorKind(str(value).upper())
    except ValueError:
        raise BadToken("unknown role") from None
    if role not in ROLES:
        raise BadToken("unknown role")
    return role


def _shop_ids(value: object) -> frozenset[UUID] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > SHOPS:
        raise BadToken("shops is not a list of shop ids")
    found = [ids.decode_as(ids.IdKind.SHOP, text) if isinstance(text, str) else None for text in value]
    if None in found:
        raise BadToken("shops is not a list of shop ids")
    return frozenset(shop_id for shop_id in found if shop_id is not None)
