"""A headless Chromium, spoken to over the DevTools protocol on a pair of pipes: no driver and no further package."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

Message = dict[str, Any]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)


def find_chromium() -> str | None:
    """The browser's path, if this machine has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


# Of each module of tests in a browser.
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(find_chromium() is None, reason=f"no browser: none of {', '.join(NAMES)} is installed"),
]
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


class Tab:
    """One page of a browser.

    Attributes:
        events: what the browser reported since the tab was opened: requests, console messages, errors.
    """

    def __init__(self, commands: int, replies: int) -> None:
        self.events: list[Message] = []
        self._commands, self._replies = commands, replies
        self._buffer = b""
        self._last = 0
        self._session: str | None = None

    @classmethod
    @contextlib.contextmanager
    def open(cls, profile: Path) -> Iterator[Self]:
        """A browser with an empty profile and one tab; both are gone at the end of the block."""
        browser = find_chromium()
        if browser is None:
            raise FileNotFoundError(f"none of {', '.join(NAMES)} is installed")
        for_browser, commands = os.pipe()
        replies, from_browser = os.pipe()
        # The browser reads descriptor 3 and writes 4: numbers that these pipes may have themselves.
        inherited = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (for_browser, from_browser)]

        def plumb() -> None:
            for number, end in zip((3, 4), inherited, strict=True):
                os.dup2(end, number)

        process = subprocess.Popen(
            [browser, *FLAGS, f"--user-data-dir={profile}"],
            close_fds=False,
            preexec_fn=plumb,  # noqa: PLW1509 - nothing here runs threads yet
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (for_browser, from_browser, *inherited):
            os.close(end)
        try:
            tab = cls(commands, replies)
            target = tab.call("Target.createTarget", url="about:blank")["targetId"]
            tab._session = tab.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                tab.call(f"{domain}.enable")
            yield tab
        finally:
            process.terminate()
            process.wait(timeout=30)
            os.close(commands)
            os.close(replies)

    def call(self, method: str, **arguments: Any) -> Message:
        """Send one command and wait for its result."""
        self._last += 1
        command: Message = {"id": self._last, "method": method, "params": arguments}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while True:
            message = self._read(60)
            if message.get("id") == self._last:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                result: Message = message["result"]
                return result
            self.events.append(message)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        reply = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in reply:
            raise RuntimeError(reply["exceptionDetails"]["exception"].get("description", "exception"))
        return reply["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 60) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"never true: {expression}")
            time.sleep(0.05)

    def show(self, page: Path, width: int, height: int, theme: str) -> None:
        """Open a file at a size (a phone's below 600 pixels) under a colour scheme."""
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.use_theme(theme)
        self.call("Page.navigate", url=page.resolve().as_uri())

    def use_theme(self, theme: str) -> None:
        """Prefer light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def screenshot(self, target: Path) -> None:
        """The whole page as a PNG file."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(base64.b64decode(shot["data"]))

    def _read(self, seconds: float) -> Message:
        while b"\0" not in self._buffer:
            if not select.select([self._replies], [], [], seconds)[0]:
                raise TimeoutError(f"the browser was silent for {seconds} s")
            part = os.read(self._replies, 1 << 20)
            if not part:
                raise ConnectionError("the browser has ended")
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        content: Message = json.loads(message)
        return content
