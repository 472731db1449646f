"""The environment, read once. Nothing else in the product looks at it.

Every name may also be given as NAME_FILE: the path of a file that holds the value.
"""

import os
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from collectarr.errors import InvalidError

SHORTEST_SECRET, SHORTEST_KEY = 32, 16
SQLITE = "sqlite:///"


class FileSettingsSource(PydanticBaseSettingsSource):
    """`NAME_FILE` in the environment names a file with the value of NAME."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        path = os.environ.get(f"{field_name.upper()}_FILE")
        if not path:
            return None, field_name, False
        names = f"{field_name.upper()}_FILE names {path}, which"
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise InvalidError(f"{names} cannot be read ({error.strerror}).") from error
        except ValueError as error:
            raise InvalidError(f"{names} is not text.") from error
        if not value:
            raise InvalidError(f"{names} is empty.")
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """What the person who runs Collectarr may set."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, case_sensitive=False
    )

    host: str = "127.0.0.1"
    port: int = Field(7795, ge=0, le=65535)
    base_path: str = ""
    public_url: str | None = None
    bridge_url: str | None = None
    data_dir: Path = Path("data")
    database_url: str | None = None
    environment: Literal["production", "development", "test"] = "production"
    jwt_secret: SecretStr | None = None
    encryption_key: SecretStr | None = None
    mdblist_api_key: SecretStr | None = None
    mdblist_url: str = "https://api.mdblist.com"
    trakt_client_id: str | None = Field(None, pattern=r"^[!-~]{1,200}$")
    trakt_client_secret: SecretStr | None = None
    trakt_redirect_uri: str | None = None
    trakt_url: str = "https://api.trakt.tv"
    trakt_auth_url: str = "https://auth.trakt.tv"
    tmdb_api_key: SecretStr | None = None
    tmdb_url: str = "https://api.themoviedb.org"
    tmdb_image_url: str = "https://image.tmdb.org"
    registration: Literal["open", "invite", "closed"] = "closed"
    trusted_proxies: str = ""
    forward_auth_header: str = Field("", pattern=r"^[A-Za-z0-9-]*$")
    cors_origins: str = ""
    rate_limit_per_minute: int = Field(1200, ge=0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    tz: str = "UTC"
    settle_seconds: float = Field(6.0, ge=0, le=120)
    """How long after the last write to a box set Emby's own follow-up work has landed."""
    quiet_seconds: float = Field(2.0, ge=0, le=60)
    """How long nothing more must come from a server before its events are acted upon."""
    quiet_at_most_seconds: float = Field(10.0, ge=0, le=600)
    """So long after the first of them they are acted upon in any case."""
    poll_minutes: int = Field(5, ge=1, le=1440)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, FileSettingsSource(settings_cls)

    @field_validator("base_path")
    @classmethod
    def _normal_base_path(cls, value: str) -> str:
        parts = [part for part in value.split("/") if part]
        if any(part in (".", "..") for part in parts):
            raise ValueError("must be a plain path such as /collectarr")
        return "/" + "/".join(parts) if parts else ""

    @field_validator(
        "mdblist_url",
        "trakt_url",
        "trakt_auth_url",
        "trakt_redirect_uri",
        "tmdb_url",
        "tmdb_image_url",
        "public_url",
        "bridge_url",
    )
    @classmethod
    def _http_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError where it is none
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http:// or https:// address")
        return value.rstrip("/")

    @field_validator("jwt_secret")
    @classmethod
    def _long_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < SHORTEST_SECRET:
            raise ValueError(f"must be at least {SHORTEST_SECRET} bytes long")
        return value

    @field_validator("encryption_key")
    @classmethod
    def _long_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().strip()) < SHORTEST_KEY:
            raise ValueError(f"must be at least {SHORTEST_KEY} characters long")
        return value

    @field_validator("database_url")
    @classmethod
    def _sqlite_url(cls, value: str | None) -> str | None:
        if value is None or (value.startswith(SQLITE) and value.removeprefix(SQLITE).strip("/")):
            return value
        raise ValueError("must look like sqlite:///path/to/collectarr.db")

    @property
    def database(self) -> Path:
        """The database file. DATABASE_URL (sqlite:///path) wins over DATA_DIR for it alone."""
        if self.database_url is None:
            return self.data_dir / "collectarr.db"
        return Path(self.database_url.removeprefix(SQLITE))

    @property
    def bridge(self) -> str | None:
        """BRIDGE_URL with the base path, which people may have put on it already."""
        if self.bridge_url is None or self.bridge_url.endswith(self.base_path or "?"):
            return self.bridge_url
        return self.bridge_url + self.base_path

    def zone(self) -> tuple[ZoneInfo, str | None]:
        """The time zone of TZ, or UTC and a warning for people when TZ names none."""
        try:
            return ZoneInfo(self.tz), None
        except (KeyError, ValueError, OSError):
            return ZoneInfo("UTC"), f"TZ={self.tz!r} is not a time zone; using UTC."


def load_settings(**overrides: Any) -> Settings:
    """Raises InvalidError that names each wrong setting and why."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in problem['loc']).upper()}:"
            f" {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False)
        ]
        raise InvalidError("Settings cannot be used. " + "; ".join(lines)) from None
