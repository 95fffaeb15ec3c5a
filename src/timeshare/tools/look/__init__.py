"""`timeshare look FILE...`: what a user's files hold, and the entry of params.yaml that reads them."""

from timeshare.tools.look.command import main

__all__ = ["main"]
