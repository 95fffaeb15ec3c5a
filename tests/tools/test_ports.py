import socket

import pytest

from timeshare.core.config.errors import UserError
from timeshare.tools.ports import check_free


def test_a_port_that_is_taken_is_refused_and_free_again_afterwards() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(UserError, match=rf"--port {port}: .*give another"):
            check_free(port)
    check_free(port)
