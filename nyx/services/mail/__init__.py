"""Letters to people: what they say, and the way they leave. Who gets one is decided elsewhere."""

from nyx.services.mail.letters import Letter, welcome
from nyx.services.mail.mailer import Mailer

__all__ = ["Letter", "Mailer", "welcome"]
