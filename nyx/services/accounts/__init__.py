"""People: sign-up, login, sessions, roles and suspension. Nothing about pages or cookies."""

from nyx.services.accounts.limits import Limits
from nyx.services.accounts.people import People
from nyx.services.accounts.service import AccountService, Bonuses
from nyx.services.accounts.views import Login, PersonView, SessionView, UserView

__all__ = ["AccountService", "Bonuses", "Limits", "Login", "People", "PersonView", "SessionView", "UserView"]
