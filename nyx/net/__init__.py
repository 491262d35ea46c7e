"""The only HTTP client of the app: guarded when it connects, bounded in size and time. It knows no vendor and no database."""

from nyx.net.door import USER_AGENT, Net
from nyx.net.download import Downloaded
from nyx.net.guard import AddressRefused, is_public

__all__ = ["USER_AGENT", "AddressRefused", "Downloaded", "Net", "is_public"]
