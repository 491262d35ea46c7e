"""Settings: the only reader of the environment and of ``.env``."""

from __future__ import annotations

import ipaddress
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nyx.errors import NyxError

PREFIX = "NYX_"
_LOCAL_DOMAINS = (".localhost", ".local", ".lan", ".home.arpa", ".internal")


class BadSettings(NyxError):
    """A setting is unknown or malformed; the message names each one and says what to do."""

    code = "bad_settings"


class Settings(BaseSettings):
    """Every setting of the app. Ours start with NYX_; a provider's keep the provider's own name."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, populate_by_name=True
    )

    # Where it listens and lives
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    public_url: str = ""
    data_dir: Path = Path("data")
    database_url: str = ""
    storage_url: str = ""
    secret_key: SecretStr = SecretStr("")
    c2pa_cert_file: Path | None = None
    c2pa_key_file: Path | None = None
    trusted_proxies: str = "127.0.0.1"

    # Logs
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    # Providers: their own names, so that a key that is already in the environment just works
    together_api_key: SecretStr = Field(default=SecretStr(""), validation_alias=AliasChoices("TOGETHER_API_KEY", "together_api_key"))
    together_base_url: str = Field(
        default="https://api.together.ai", validation_alias=AliasChoices("TOGETHER_BASE_URL", "together_base_url")
    )

    # Pictures that people bring along
    input_delivery: Literal["data", "url"] = "data"
    upload_max_mb: int = Field(default=10, ge=1, le=50)
    max_uploads_per_user: int = Field(default=200, ge=1, le=100_000)
    enhance_model: str = Field(default="Qwen/Qwen3.5-9B", min_length=1, max_length=200)

    # Mail: without a server it is written to <data>/outbox/
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = "Nyx-Net <nyx-net@localhost>"
    contact_email: str = ""

    # People and credits
    sign_up_bonus_credits: int = Field(default=15, ge=0, le=1_000_000)
    sign_up_bonus_days: int = Field(default=14, ge=1, le=3650)
    first_admin_credits: int = Field(default=1_000, ge=0, le=10_000_000)

    # How much work at once
    max_running_per_user: int = Field(default=8, ge=1, le=1_000)
    max_running_per_provider: int = Field(default=32, ge=1, le=10_000)
    max_waiting_per_user: int = Field(default=40, ge=1, le=10_000)
    max_waiting: int = Field(default=2_000, ge=1, le=1_000_000)

    # How long things may take, in seconds of observed time
    lease_s: float = Field(default=60.0, gt=0, le=3600)
    image_deadline_s: float = Field(default=300.0, gt=0, le=86_400)
    video_deadline_s: float = Field(default=900.0, gt=0, le=86_400)
    unknown_release_s: float = Field(default=86_400.0, gt=0, le=604_800)

    # The sandbox that stands in for a provider without a key
    sandbox_image_latency_s: float = Field(default=1.2, ge=0, le=3600)
    sandbox_video_latency_s: float = Field(default=12.0, ge=0, le=3600)
    sandbox_jitter: float = Field(default=0.3, ge=0, le=1)
    sandbox_failure_rate: float = Field(default=0.0, ge=0, le=1)
    sandbox_most_fps: int = Field(default=60, ge=8, le=60)

    @field_validator("public_url", "together_base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("input_delivery")
    @classmethod
    def _links_lead_here(cls, value: str, info: ValidationInfo) -> str:
        if value == "url" and not _is_public_https(str(info.data.get("public_url", ""))):
            raise ValueError(
                "url needs a public https address in NYX_PUBLIC_URL: the provider fetches the pictures from there; or set it to data"
            )
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value.startswith(("postgres://", "postgresql://")):
            return "postgresql+asyncpg://" + value.split("://", 1)[1]
        if value.startswith("sqlite:///"):
            return "sqlite+aiosqlite:///" + value.removeprefix("sqlite:///")
        if value and not value.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite:///")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value

    @field_validator("storage_url")
    @classmethod
    def _known_storage(cls, value: str) -> str:
        if value and not value.startswith("file:///"):
            raise ValueError("must start with file:/// and name a folder")
        return value

    @property
    def uses_sandbox(self) -> bool:
        """True when no provider key is set."""
        return not self.together_api_key.get_secret_value()

    @property
    def effective_database_url(self) -> str:
        """The database's address in SQLAlchemy's words."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'nyx.sqlite3'}"

    @property
    def storage_dir(self) -> Path:
        """The folder of the media files."""
        return Path(self.storage_url.removeprefix("file://")) if self.storage_url else self.data_dir.resolve() / "media"

    @property
    def effective_public_url(self) -> str:
        """How people reach the app, without a slash at the end."""
        return self.public_url or f"http://localhost:{self.port}"


def _is_public_https(url: str) -> bool:
    """Whether the internet can fetch from there, as far as the address itself tells."""
    parsed = urlsplit(url)
    name = (parsed.hostname or "").removesuffix(".")
    try:
        return parsed.scheme == "https" and ipaddress.ip_address(name).is_global
    except ValueError:
        return parsed.scheme == "https" and "." in name and not name.endswith(_LOCAL_DOMAINS)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and ``.env``. Raises: BadSettings, which names what is unknown or malformed."""
    unknown = _unknown_names()
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        unknown += [
            f"{_spoken(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}" for problem in error.errors(include_input=False)
        ]
    if unknown:
        raise BadSettings("These settings can't be used:\n" + "\n".join(f"  {line}" for line in unknown))
    return settings


def secret_key(settings: Settings) -> bytes:
    """The installation's secret: the setting, or one made once and kept in the data folder, readable only by its owner.

    Raises: BadSettings when the kept one is empty.
    """
    if given := settings.secret_key.get_secret_value():
        return given.encode()
    path = settings.data_dir / "secret_key"
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        keep_secret(path, secrets.token_urlsafe(48).encode())
    kept = path.read_bytes().strip()
    if not kept:
        raise BadSettings(f"{path} is empty. Restore it from a backup, or delete it: a new one is made, and devices have to log in anew.")
    return kept


def keep_secret(path: Path, secret: bytes) -> None:
    """The file appears complete or not at all, and whoever comes second leaves the first one's."""
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unknown_names() -> list[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {"NYX_CRASH_POINT"}
    present = set(os.environ) | set(_dotenv_names())
    return [
        f"{name}: no such setting; docs/configure.md lists them all"
        for name in sorted(present)
        if name.startswith(PREFIX) and name not in known
    ]


def _dotenv_names() -> list[str]:
    from dotenv import dotenv_values

    return [name.upper() for name in dotenv_values(".env")]


def _spoken(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else "settings"
    return name if name.isupper() else PREFIX + name.upper()
