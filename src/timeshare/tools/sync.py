"""`timeshare sync`: send what tracking could not send yet."""

from pathlib import Path

from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.tracking.address import configured_address
from timeshare.tracking.delivery import drain, redirect


def main(timeout: float, here: bool = False) -> None:
    """Wait until the spool is delivered.

    Args:
        timeout: seconds to wait at most.
        here: whether to send to the present address too what was recorded for another, as after a mistake in it.
    Raises:
        UserError: some of it could not be sent; it stays in the spool.
    """
    if here:
        redirect(Path(), configured_address(load_params().tracking), timeout)
    delivered = drain(Path(), timeout)
    print(f"{delivered.sent} events sent, {delivered.left} left")
    if delivered.refused:
        print(f"{delivered.refused} events were refused by the server; they are in .timeshare/refused/")
    if delivered.left or delivered.reason:
        raise UserError(delivered.reason or f"{delivered.left} events are still on their way after {timeout:g} s")
