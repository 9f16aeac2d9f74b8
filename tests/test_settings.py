"""What the environment may hold, and the one line that says what is wrong with it."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings import Settings, SettingsError, format_duration, parse_duration, redis_address

PRODUCTION = {
    "LANSHOU_ENV": "production",
    "LANSHOU_DATABASE_URL": "postgresql://lanshou:s3cret@db.example/lanshou",
    "LANSHOU_REDIS_URL": "rediss://:s3cret@redis.example:6379/0",
    "LANSHOU_JWT_KEY": "k" * 32,
}


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = Settings.read({})
    assert (settings.port, settings.host, settings.worker_port, settings.web_workers) == (
        8000,
        "127.0.0.1",
        8001,
        1,
    )
    assert settings.data == Path.cwd() / ".lanshou"
    assert (settings.database_url, settings.redis_url, settings.jwt_key) == (None,) * 3
    assert (settings.jwt_issuer, settings.jwt_audience) == ("lanshou", "lanshou")
    assert (settings.production, settings.demo) == (False, True)


def test_an_empty_value_counts_as_unset() -> None:
    assert Settings.read({"LANSHOU_PORT": " ", "LANSHOU_JWT_KEY": ""}) == Settings.read({})


def test_every_variable_is_read() -> None:
    settings = Settings.read(
        {
            "LANSHOU_DATABASE_URL": "postgres://a@127.0.0.1:5432/lanshou",
            "LANSHOU_REDIS_URL": "unix:///run/redis.sock?db=1",
            "LANSHOU_PORT": "9000",
            "LANSHOU_HOST": "0.0.0.0",  # noqa: S104
            "LANSHOU_DATA": "/var/lib/lanshou",
            "LANSHOU_JWT_KEY": "k" * 32,
            "LANSHOU_JWT_ISSUER": "login",
            "LANSHOU_JWT_AUDIENCE": "tickets",
            "LANSHOU_EVIDENCE_KEY": "0f" * 32,
            "LANSHOU_KUAIDI100_SALT": "salt",
            "LANSHOU_SMARTLOGISTICS_TOKEN": "token",
            "LANSHOU_ALLOWED_ORIGINS": "https://a.example, http://localhost:5173/",
            "LANSHOU_REPLY_WINDOW": "20s",
            "LANSHOU_PICKUP_WINDOW": "1h30m",
            "LANSHOU_DEMO": "0",
            "LANSHOU_WEB_WORKERS": "4",
            "LANSHOU_WORKER_PORT": "9100",
            "LANSHOU_WEBHOOKS_TO_LOOPBACK": "1",
        }
    )
    assert settings.webhooks_to_loopback
    assert settings.evidence_key == "0f" * 32
    assert settings.allowed_origins == ("https://a.example", "http://localhost:5173")
    assert (settings.reply_window, settings.pickup_window) == (timedelta(seconds=20), timedelta(minutes=90))
    assert (settings.demo, settings.web_workers, settings.worker_port) == (False, 4, 9100)
    assert settings.data == Path("/var/lib/lanshou")
    assert (settings.kuaidi100_salt, settings.smartlogistics_token) == ("salt", "token")
    assert Settings.read(settings.as_environment()) == settings


def test_the_worker_port_follows_the_web_port_so_that_copies_can_run_side_by_side() -> None:
    assert Settings.read({"LANSHOU_PORT": "8100"}).worker_port == 8101
    assert Settings.read({"LANSHOU_PORT": "65535"}).worker_port == 65534


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANSHOU_ENV", "prod"),
        ("LANSHOU_PORT", "0"),
        ("LANSHOU_PORT", "65536"),
        ("LANSHOU_PORT", "eight"),
        ("LANSHOU_PORT", "八千"),
        ("LANSHOU_PORT", "9" * 5000),
        ("LANSHOU_WORKER_PORT", "8000"),
        ("LANSHOU_DATABASE_URL", "mysql://db/lanshou"),
        ("LANSHOU_DATABASE_URL", "postgresql://"),
        ("LANSHOU_DATABASE_URL", "postgresql://db:port/lanshou"),
        ("LANSHOU_DATABASE_URL", "postgresql://[::1/lanshou"),
        ("LANSHOU_REDIS_URL", "localhost:6379"),
        ("LANSHOU_REDIS_URL", "redis://one.example,two.example"),
        ("LANSHOU_REDIS_URL", "redis+ring://one.example"),
        ("LANSHOU_REDIS_URL", "unix+cluster://one.example"),
        ("LANSHOU_REDIS_URL", "redis+cluster://"),
        ("LANSHOU_REDIS_URL", "redis+cluster://one.example,"),
        ("LANSHOU_REDIS_URL", "redis+cluster://one.example:0"),
        ("LANSHOU_REDIS_URL", "redis+cluster://one.example:65536"),
        ("LANSHOU_REDIS_URL", "redis+cluster://one.example/1"),
        ("LANSHOU_REDIS_URL", "redis+cluster://one.example?retries=3"),
        ("LANSHOU_REDIS_URL", "redis+sentinel://one.example"),
        ("LANSHOU_REDIS_URL", "redis+sentinel://one.example/"),
        ("LANSHOU_REDIS_URL", "redis+sentinel://one.example/lanshou/first"),
        ("LANSHOU_JWT_KEY", "short"),
        ("LANSHOU_EVIDENCE_KEY", "0f" * 31),
        ("LANSHOU_EVIDENCE_KEY", "z" * 64),
        ("LANSHOU_JWKS_URL", "https://login.example/jwks"),
        ("LANSHOU_ALLOWED_ORIGINS", "*"),
        ("LANSHOU_ALLOWED_ORIGINS", "https://a.example/path"),
        ("LANSHOU_REPLY_WINDOW", "20"),
        ("LANSHOU_REPLY_WINDOW", "0s"),
        ("LANSHOU_REPLY_WINDOW", "999999999999d"),
        ("LANSHOU_PICKUP_WINDOW", "-1h"),
        ("LANSHOU_DEMO", "maybe"),
        ("LANSHOU_WEB_WORKERS", "0"),
    ],
)
def test_a_bad_value_is_refused_with_one_line_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.read({name: value})
    assert str(refusal.value).startswith(name + " ")
    assert "\n" not in str(refusal.value)


def test_a_redis_url_names_sentinels_and_their_service() -> None:
    address = redis_address(
        "rediss+sentinel://app:p%40ss@one.example,[::1]:7000/orders%2Fcn/3?sentinel_password=b&ssl_ca_certs=/ca"
    )
    assert (address.kind, address.hosts) == ("sentinel", (("one.example", 26_379), ("::1", 7_000)))
    assert (address.service, address.db, address.tls) == ("orders/cn", 3, True)
    assert (address.username, address.password) == ("app", "p@ss")
    assert address.options == {"sentinel_password": "b", "ssl_ca_certs": "/ca"}


def test_a_redis_url_names_nodes_of_a_cluster() -> None:
    address = redis_address("redis+cluster://:s3cret@10.0.0.1:7001,node-2/0")
    assert (address.kind, address.hosts) == ("cluster", (("10.0.0.1", 7_001), ("node-2", 6_379)))
    assert (address.username, address.password, address.tls) == (None, "s3cret", False)
    assert "s3cret" not in repr(address)


def test_production_starts_with_urls_and_a_key() -> None:
    settings = Settings.read(PRODUCTION)
    assert settings.production
    assert not settings.demo


@pytest.mark.parametrize("name", ["LANSHOU_DATABASE_URL", "LANSHOU_REDIS_URL", "LANSHOU_JWT_KEY"])
def test_production_demands_urls_and_a_key(name: str) -> None:
    with pytest.raises(SettingsError, match=name + " is not set"):
        Settings.read({key: value for key, value in PRODUCTION.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANSHOU_REPLY_WINDOW", "20s"),
        ("LANSHOU_PICKUP_WINDOW", "1h"),
        ("LANSHOU_DEMO", "1"),
    ],
)
def test_production_refuses_what_is_for_demos(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.read({**PRODUCTION, name: value})


def test_no_secret_shows_in_the_text_or_in_a_refusal() -> None:
    settings = Settings.read(
        {**PRODUCTION, "LANSHOU_KUAIDI100_SALT": "s3cret", "LANSHOU_SMARTLOGISTICS_TOKEN": "s3cret"}
    )
    assert "s3cret" not in repr(settings)
    assert "k" * 32 not in repr(settings)
    with pytest.raises(SettingsError) as refusal:
        Settings.read({"LANSHOU_REDIS_URL": "http://:s3cret@redis.example"})
    assert "s3cret" not in str(refusal.value)
    with pytest.raises(SettingsError) as refusal:
        Settings.read({"LANSHOU_REDIS_URL": "redis+cluster://:s3cret@one.example,two.example:s3cret"})
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20s", 20), ("5m", 300), ("24h", 86_400), ("1h30m", 5_400), ("2d", 172_800), (" 1d2h3m4s ", 93_784)],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "s", "1", "30m1h", "1.5h", "1 h", "1w", "0s", "0d0h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.integers(min_value=1, max_value=400 * 86_400))
def test_a_written_duration_reads_back(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


def test_production_sends_nothing_to_this_machine() -> None:
    assert not Settings.read(PRODUCTION).webhooks_to_loopback
    with pytest.raises(SettingsError, match=r"^LANSHOU_WEBHOOKS_TO_LOOPBACK is for development"):
        Settings.read({**PRODUCTION, "LANSHOU_WEBHOOKS_TO_LOOPBACK": "1"})
