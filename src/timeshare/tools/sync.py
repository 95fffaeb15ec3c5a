"""`timeshare sync`: send what tracking could not send yet."""

from pathlib import Path

from timeshare.core.config.errors import UserError
from timeshare.tracking.delivery import drain


def main(timeout: float) -> None:
    """Wait until the spool is delivered.

    Raises:
        UserError: some of it could not be sent; it stays in the spool.
    """
    delivered = drain(Path(), timeout)
    print(f"{delivered.sent} events sent, {delivered.left} left")
    if delivered.refused:
        print(f"{delivered.refused} events were refused by the server; they are in .timeshare/refused/")
    if delivered.left or delivered.reason:
        raise UserError(delivered.reason or f"{delivered.left} events are still on their way after {timeout:g} s")
