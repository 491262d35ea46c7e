"""Opens the installation for a command: settings, quiet logs, and every service but the web."""

from __future__ import annotations

from nyx.assembly import build_backend
from nyx.backend import Backend
from nyx.config import Settings, load_settings
from nyx.logs import set_up_logs


def open_backend() -> Backend:
    """Raises: BadSettings, AlreadyRunning."""
    return build_backend(quiet_settings())


def quiet_settings() -> Settings:
    """The settings; from here on only warnings are logged, so that a command's own words stand out."""
    settings = load_settings()
    secrets = (settings.together_api_key, settings.secret_key, settings.smtp_url)
    set_up_logs(is_json=settings.log_format == "json", level="warning", secrets=[secret.get_secret_value() for secret in secrets])
    return settings
