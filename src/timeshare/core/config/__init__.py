"""The base of all settings, and the error that a user is meant to read."""

from timeshare.core.config.errors import UserError

__all__ = ["UserError"]
