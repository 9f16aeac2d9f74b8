"""Everything the operator can set, read once from the environment (architecture.md §8).

No other file reads ``os.environ``: a process asks `Settings.read` at its start and hands the
frozen result on. A bad value stops the start with one line that names its variable.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, cast
from urllib.parse import parse_qsl, unquote, urlsplit

PREFIX = "LANSHOU_"
MIN_KEY_BYTES = 32  # HS256 (RFC 7518 §3.2) asks for a key as long as its hash.
MAX_PORT = 65_535
MAX_WINDOW = timedelta(days=365)

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


REDIS_FORMS = (
    "redis://host:port/db, rediss://… or unix://… for one server, "
    "redis+sentinel://host:port,host:port/service, or redis+cluster://host:port,host:port (TLS: rediss+…)"
)
_REDIS_OPTIONS = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs"}
_SENTINEL_OPTIONS = {*_REDIS_OPTIONS, "sentinel_username", "sentinel_password"}
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?")


class SettingsError(ValueError):
    """A variable holds what cannot be used; the one line names it and says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One process's settings. URLs and secrets stay out of ``repr`` so that no log shows them."""

    database_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    port: int = 8000
    host: str = "127.0.0.1"
    data: Path = Path(".lanshou")
    env: Literal["development", "production"] = "development"
    jwt_key: str | None = field(default=None, repr=False)
    jwt_issuer: str = "lanshou"
    jwt_audience: str = "lanshou"
    evidence_key: str | None = field(default=None, repr=False)
    kuaidi100_salt: str | None = field(default=None, repr=False)
    smartlogistics_token: str | None = field(default=None, repr=False)
    allowed_origins: tuple[str, ...] = ()
    reply_window: timedelta | None = None
    pickup_window: timedelta | None = None
    demo: bool = True
    web_workers: int = 1
    worker_port: int = 8001
    webhooks_to_loopback: bool = False

    @property
    def production(self) -> bool:
        """Whether LANSHOU_ENV is ``production``: no demo, no overrides, nothing generated."""
        return self.env == "production"

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check every ``LANSHOU_…`` variable of `environ`; an empty one counts as unset.

        Raises:
            SettingsError: naming the first variable that cannot be used.
        """
        source = _Source(environ)
        if source.text("JWKS_URL") is not None:
            raise _refuse("JWKS_URL", "has no use yet: tokens are checked with LANSHOU_JWT_KEY; unset it")
        env = source.choice("ENV", ("development", "production"))
        production = env == "production"
        port = source.integer("PORT", 8000, 1, MAX_PORT)
        settings = cls(
            database_url=source.url("DATABASE_URL", ("postgresql", "postgres")),
            redis_url=source.redis_url("REDIS_URL"),
            port=port,
            host=source.text("HOST") or "127.0.0.1",
            data=Path(source.text("DATA") or ".lanshou").expanduser().absolute(),
            env=cast("Literal['development', 'production']", env),
            jwt_key=source.key("JWT_KEY"),
            jwt_issuer=source.text("JWT_ISSUER") or "lanshou",
            jwt_audience=source.text("JWT_AUDIENCE") or "lanshou",
            evidence_key=source.evidence_key("EVIDENCE_KEY"),
            kuaidi100_salt=source.text("KUAIDI100_SALT"),
            smartlogistics_token=source.text("SMARTLOGISTICS_TOKEN"),
            allowed_origins=source.origins("ALLOWED_ORIGINS"),
            reply_window=source.window("REPLY_WINDOW"),
            pickup_window=source.window("PICKUP_WINDOW"),
            demo=source.flag("DEMO", default=not production),
            web_workers=source.integer("WEB_WORKERS", 1, 1, 64),
            webhooks_to_loopback=source.flag("WEBHOOKS_TO_LOOPBACK", default=False),
            # Next to the web port, so that copies with different ports need no second setting.
            worker_port=source.integer("WORKER_PORT", port + 1 if port < MAX_PORT else port - 1, 1, MAX_PORT),
        )
        if settings.worker_port == settings.port:
            raise SettingsError(f"LANSHOU_WORKER_PORT is {port}, the port of the web process: choose another")
        if production:
            _check_production(settings)
        return settings

    def as_environment(self) -> dict[str, str]:
        """Give the variables that make a child process read these same settings."""
        values = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "PORT": str(self.port),
            "HOST": self.host,
            "DATA": str(self.data),
            "ENV": self.env,
            "JWT_KEY": self.jwt_key,
            "JWT_ISSUER": self.jwt_issuer,
            "JWT_AUDIENCE": self.jwt_audience,
            "EVIDENCE_KEY": self.evidence_key,
            "KUAIDI100_SALT": self.kuaidi100_salt,
            "SMARTLOGISTICS_TOKEN": self.smartlogistics_token,
            "ALLOWED_ORIGINS": ",".join(self.allowed_origins),
            "REPLY_WINDOW": format_duration(self.reply_window) if self.reply_window else None,
            "PICKUP_WINDOW": format_duration(self.pickup_window) if self.pickup_window else None,
            "DEMO": "1" if self.demo else "0",
            "WEB_WORKERS": str(self.web_workers),
            "WORKER_PORT": str(self.worker_port),
            "WEBHOOKS_TO_LOOPBACK": "1" if self.webhooks_to_loopback else "0",
        }
        return {PREFIX + name: value for name, value in values.items() if value}

    def for_a_child(
        self, extra: Mapping[str, str] = {}, environ: Mapping[str, str] = os.environ
    ) -> dict[str, str]:
        """Give a child process's whole environment: ours, with these settings in place of any others."""
        others = {name: value for name, value in environ.items() if not name.startswith(PREFIX)}
        return {**others, **self.as_environment(), **extra}


def parse_duration(text: str) -> timedelta:
    """Read ``20s``, ``5m``, ``24h``, ``1h30m`` or ``2d``: whole numbers, the larger unit first.

    Raises:
        ValueError: where `text` is no such duration, or a zero one.
    """
    found = _DURATION.fullmatch(text.strip())
    days, hours, minutes, seconds = (
        (min(int(part or 0), 10**9) for part in found.groups()) if found else (0,) * 4
    )
    try:
        duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        duration = timedelta.max
    if not duration:
        raise ValueError(f"{text!r} is no duration: write it like 20s, 5m, 24h, 1h30m or 2d")
    return duration


def format_duration(duration: timedelta) -> str:
    """Write a duration of whole seconds so that `parse_duration` reads it again."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{amount}{unit}" for amount, unit in parts if amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """Where the Redis is. `hosts`: of a single server none, its `url` says all; the Sentinels; the Cluster's
    first nodes. `options`: what else the URL says, as `ssl_ca_certs`.
    """

    kind: Literal["single", "sentinel", "cluster"]
    url: str = field(repr=False)
    hosts: tuple[tuple[str, int], ...] = ()
    service: str = ""
    db: int = 0
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


def redis_address(url: str) -> RedisAddress:
    """Read a Redis URL: `redis://`, `rediss://`, `unix://`, `redis+sentinel://`, `redis+cluster://`.

    Raises:
        ValueError: saying what is wrong with it, without repeating any of it: it can hold a password.
    """
    scheme, separator, rest = url.partition("://")
    security, _, kind = scheme.partition("+")
    in_several = security in {"redis", "rediss"} and kind in {"sentinel", "cluster"}
    if not separator or not (in_several or scheme in {"redis", "rediss", "unix"}):
        raise ValueError(f"has the wrong scheme: write it as {REDIS_FORMS}")
    if not kind:
        _check_single(url)
        return RedisAddress(kind="single", url=url, tls=security == "rediss")
    rest, _, query = rest.partition("?")
    netloc, _, path = rest.partition("/")
    credentials, _, hosts = netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    service, db = _service(kind, path)
    return RedisAddress(
        kind=cast("Literal['sentinel', 'cluster']", kind),
        url=url,
        hosts=tuple(_host(each, 26_379 if kind == "sentinel" else 6_379) for each in hosts.split(",")),
        service=service,
        db=db,
        tls=security == "rediss",
        username=unquote(username) or None,
        password=unquote(password) or None,
        options=_redis_options(query, _SENTINEL_OPTIONS if kind == "sentinel" else _REDIS_OPTIONS),
    )


def _check_single(url: str) -> None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (reading it is the check)
    except ValueError:
        raise ValueError(f"is no URL: write it as {REDIS_FORMS}") from None
    if "," in parts.netloc.rpartition("@")[2]:
        raise ValueError(
            "names several servers: say which kind they are, redis+sentinel:// or redis+cluster://"
        )
    if not (parts.netloc or parts.query or (parts.scheme == "unix" and parts.path)):
        raise ValueError(f"names no server: write it as {REDIS_FORMS}")


def _service(kind: str, path: str) -> tuple[str, int]:
    service, _, db = path.partition("/")
    if kind == "cluster":
        if path.strip("/") not in {"", "0"}:
            raise ValueError("names a database, and a Redis Cluster has only one: end it after the last host")
        return "", 0
    if not service:
        raise ValueError("names no service: write it as redis+sentinel://host:port,host:port/service")
    if not re.fullmatch(r"\d{0,4}", db):
        raise ValueError("has no number after the service: the database is one, as in …/service/0")
    return unquote(service), int(db or 0)


def _host(text: str, default_port: int) -> tuple[str, int]:
    found = _HOST.fullmatch(text.strip())
    if found is None or not 1 <= (port := int(found["port"] or default_port)) <= MAX_PORT:
        raise ValueError("has a server that is not host:port: list them with commas, host:port,host:port")
    return found["host"].strip("[]"), port


def _redis_options(query: str, known: set[str]) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if not options.keys() <= known:
        raise ValueError(f"has an option that is not known: these are, {', '.join(sorted(known))}")
    return options


class _Source:
    """The environment with one reader a kind of value; each refusal names its variable."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str | None:
        return self._environ.get(PREFIX + name, "").strip() or None

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name) or allowed[0]
        if value not in allowed:
            raise _refuse(name, f"is {value!r}: it can be {' or '.join(allowed)}")
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not (re.fullmatch(r"[0-9]{1,9}", value) and low <= int(value) <= high):
            raise _refuse(name, f"is {value!r}: it must be a whole number from {low} to {high}")
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        value = (self.text(name) or ("1" if default else "0")).lower()
        if value not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
            raise _refuse(name, f"is {value!r}: it can be 1 or 0")
        return value in {"1", "true", "yes", "on"}

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is None:
            return None
        # The value is never repeated: a URL here can carry a password, and this line is logged.
        wanted = " or ".join(f"{scheme}://…" for scheme in schemes)
        try:
            parts = urlsplit(value)
            parts.port  # noqa: B018  (reading it is the check)
        except ValueError:
            raise _refuse(name, f"is no URL: write it as {wanted}") from None
        if parts.scheme not in schemes:
            raise _refuse(name, f"has the wrong scheme: write it as {wanted}")
        if not (parts.netloc or parts.query or (parts.scheme == "unix" and parts.path)):
            raise _refuse(name, f"names no server: write it as {wanted}")
        return value

    def redis_url(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None:
            try:
                redis_address(value)
            except ValueError as error:
                raise _refuse(name, str(error)) from None
        return value

    def key(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and len(value.encode()) < MIN_KEY_BYTES:
            raise _refuse(
                name, f"is too short: it needs {MIN_KEY_BYTES} bytes or more (`openssl rand -hex 32`)"
            )
        return value

    def evidence_key(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", value):
            raise _refuse(name, "is no key: it is 64 hexadecimal digits (`openssl rand -hex 32`)")
        return value

    def origins(self, name: str) -> tuple[str, ...]:
        found = tuple(part.strip().rstrip("/") for part in (self.text(name) or "").split(",") if part.strip())
        for origin in found:
            if not re.fullmatch(r"https?://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?", origin):
                raise _refuse(
                    name, f"holds {origin!r}: list origins like https://seller.example, with commas between"
                )
        return found

    def window(self, name: str) -> timedelta | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            window = parse_duration(value)
        except ValueError as error:
            raise _refuse(name, f"is wrong: {error}") from None
        if window > MAX_WINDOW:
            raise _refuse(name, f"is {value!r}: it can be {MAX_WINDOW.days}d at most")
        return window


def _check_production(settings: Settings) -> None:
    """Refuse what production must not have, and demand what it must."""
    if settings.database_url is None:
        raise _refuse("DATABASE_URL", "is not set: production needs its own PostgreSQL, postgresql://…")
    if settings.redis_url is None:
        raise _refuse("REDIS_URL", "is not set: production needs its own Redis, redis://…")
    if settings.jwt_key is None:
        raise _refuse("JWT_KEY", "is not set: production needs it (`openssl rand -hex 32`)")
    for name, window in (("REPLY_WINDOW", settings.reply_window), ("PICKUP_WINDOW", settings.pickup_window)):
        if window is not None:
            raise _refuse(name, "is for demos and tests: in production the window is the policy's; unset it")
    if settings.demo:
        raise _refuse("DEMO", "is on: demo shops have no place in production; set it to 0 or unset it")
    if settings.webhooks_to_loopback:
        raise _refuse(
            "WEBHOOKS_TO_LOOPBACK", "is for development: in production it would open this machine; unset it"
        )


def _refuse(name: str, what: str) -> SettingsError:
    return SettingsError(f"{PREFIX}{name} {what}")
