"""Looks at everything that can be wrong with an installation and says what to do, in plain sentences and without a secret's value. It changes nothing."""

from bot.doctor.finding import Finding
from bot.doctor.round import findings

__all__ = ["Finding", "findings"]
