"""The environment as people write it: what is taken, what is refused, and in which words."""

from pathlib import Path
from typing import Any

import pytest

from collectarr.errors import InvalidError
from collectarr.settings import Settings, load_settings

SECRET = "s3cret-s3cret-s3cret-s3cret-s3cret"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        for form in (name.upper(), f"{name.upper()}_FILE"):
            monkeypatch.delenv(form, raising=False)


def refused(**values: Any) -> str:
    with pytest.raises(InvalidError) as caught:
        load_settings(**values)
    return caught.value.message


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()

    assert (settings.port, settings.registration, settings.tz) == (7795, "closed", "UTC")
    assert settings.database == Path("data/collectarr.db")
    assert settings.jwt_secret is None


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MDBLIST_API_KEY", SECRET)

    settings = load_settings()

    assert (settings.port, settings.data_dir) == (8000, tmp_path)
    assert settings.mdblist_api_key is not None
    assert settings.mdblist_api_key.get_secret_value() == SECRET


def test_what_is_empty_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "JWT_SECRET", "TZ", "DATABASE_URL", "PUBLIC_URL", "REGISTRATION"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("ENCRYPTION_KEY_FILE", "")

    assert load_settings() == Settings()


def test_a_file_may_hold_the_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"\n {SECRET}\n", encoding="utf-8")
    monkeypatch.setenv("JWT_SECRET_FILE", str(tmp_path / "secret"))

    found = load_settings().jwt_secret
    assert found is not None
    assert found.get_secret_value() == SECRET


def test_a_value_wins_over_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tz").write_text("Asia/Tokyo", encoding="utf-8")
    monkeypatch.setenv("TZ_FILE", str(tmp_path / "tz"))
    assert load_settings().tz == "Asia/Tokyo"

    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert load_settings().tz == "Europe/Berlin"


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "not text")],
)
def test_a_file_without_a_value_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("ENCRYPTION_KEY_FILE", str(path))

    message = refused()
    assert message.startswith(f"ENCRYPTION_KEY_FILE names {path}, which")
    assert words in message


def test_every_wrong_value_is_named_with_its_reason_and_without_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT", "eighty-eighty")
    monkeypatch.setenv("JWT_SECRET", "short-but-secret")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    monkeypatch.setenv("PUBLIC_URL", "ftp://hidden.example")

    message = refused()

    for part in ("PORT: ", "LOG_LEVEL: ", "JWT_SECRET: must be at least 32 bytes long"):
        assert part in message
    assert "PUBLIC_URL: must be an http:// or https:// address" in message
    for value in ("eighty", "short-but", "hidden.example", "Value error"):
        assert value not in message


@pytest.mark.parametrize(
    ("secret", "fine"), [("x" * 31, False), ("x" * 32, True), ("ö" * 16, True)]
)
def test_a_short_secret_is_refused_by_its_bytes(secret: str, fine: bool) -> None:
    if fine:
        assert load_settings(jwt_secret=secret).jwt_secret is not None
    else:
        assert "JWT_SECRET" in refused(jwt_secret=secret)


def test_no_secret_is_printed_with_the_settings() -> None:
    settings = load_settings(jwt_secret=SECRET, encryption_key=SECRET, mdblist_api_key=SECRET)

    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", ""),
        ("/", ""),
        ("//", ""),
        ("collectarr", "/collectarr"),
        ("/collectarr/", "/collectarr"),
        ("a//b/", "/a/b"),
    ],
)
def test_the_base_path_begins_with_a_slash_and_ends_without(written: str, kept: str) -> None:
    assert load_settings(base_path=written).base_path == kept


@pytest.mark.parametrize("path", ["/a/../b", "..", "/./a"])
def test_a_base_path_that_climbs_is_refused(path: str) -> None:
    assert "BASE_PATH: must be a plain path" in refused(base_path=path)


@pytest.mark.parametrize(
    "url", ["emby.lan", "file:///etc/passwd", "http://", "http://x:99999", "http://x:y"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    for name in ("mdblist_url", "public_url", "bridge_url", "tmdb_image_url"):
        assert name.upper() in refused(**{name: url})


def test_an_address_loses_its_last_slash() -> None:
    assert load_settings(mdblist_url="http://x:80/api/").mdblist_url == "http://x:80/api"


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:///here.db", "here.db"), ("sqlite:////data/deep/there.db", "/data/deep/there.db")],
)
def test_the_database_may_stand_elsewhere(url: str, path: str) -> None:
    settings = load_settings(database_url=url, data_dir=Path("/data"))

    assert settings.database == Path(path)
    assert settings.data_dir == Path("/data")


@pytest.mark.parametrize(
    "url", ["postgres://db/x", "sqlite:", "sqlite://here.db", "sqlite:///", "sqlite:////"]
)
def test_a_database_that_is_none_of_ours_is_refused_at_the_start(url: str) -> None:
    assert "DATABASE_URL: must look like sqlite:///" in refused(database_url=url)


def test_a_time_zone_is_taken() -> None:
    zone, warning = load_settings(tz="Europe/Berlin").zone()

    assert (zone.key, warning) == ("Europe/Berlin", None)


@pytest.mark.parametrize("tz", ["Berlin", "Europe", "/etc/passwd", "../x", ":UTC", "a\0b", "Ä"])
def test_a_time_zone_that_is_none_becomes_utc_and_is_said(tz: str) -> None:
    zone, warning = load_settings(tz=tz).zone()

    assert zone.key == "UTC"
    assert warning is not None
    assert "using UTC" in warning


def test_a_time_zone_of_nothing_becomes_utc_too() -> None:
    assert load_settings(tz="").zone()[0].key == "UTC"
