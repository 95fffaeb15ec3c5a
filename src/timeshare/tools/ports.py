"""The ports that servers of this package listen on."""

import socket

from timeshare.core.config.errors import UserError


def check_free(port: int) -> None:
    """Refuse a port of 127.0.0.1 that cannot be had, before the seconds that it takes to start a server.

    Raises:
        UserError: another program listens there, say, or only root may.
    """
    with socket.socket() as listener:
        # As the servers do it: a port whose connections have just ended is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(f"--port {port}: cannot be used ({error.strerror}); give another one") from None
