"""The lines of a text file, streamed: none is held beyond a fixed size."""

from collections.abc import Iterator
from pathlib import Path

from timeshare.sources.rows.findings import Findings

MOST_LINE_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path, findings: Findings) -> Iterator[str]:
    """The lines of a file; a bad one is noted and comes as an empty line, or with its bad bytes replaced."""
    with path.open("rb") as file:
        row = 0
        while line := file.readline(MOST_LINE_BYTES):
            row += 1
            if len(line) == MOST_LINE_BYTES and not line.endswith(b"\n"):
                while (rest := file.readline(MOST_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                what = f"has a line of more than {MOST_LINE_BYTES} bytes"
                findings.fault(path, row, what, "break it up or remove it")
                yield "\n"
                continue
            if row == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                what = f"byte {error.start + 1} (0x{line[error.start]:02x}) is not UTF-8"
                findings.fault(path, row, what, "save the file as UTF-8")
                yield line.decode(errors="replace")
