"""The lines of a text file, streamed: none is held beyond a fixed size."""

from collections.abc import Iterator
from pathlib import Path

from timeshare.core.config.errors import UserError
from timeshare.sources.rows.findings import Findings

MOST_LINE_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path, findings: Findings) -> Iterator[str]:
    """The lines of a file; a bad one is noted and comes as an empty line, or with its bad bytes replaced.

    A byte order mark at the start of a line, where a file was joined to another, is passed over.

    Raises:
        UserError: the lines do not end in LF.
    """
    with path.open("rb") as file:
        row, joined = 0, False
        while line := file.readline(MOST_LINE_BYTES):
            row += 1
            if row == 1 and not line.endswith(b"\n") and b"\r" in line[:-1]:
                place = line.index(b"\r") + 1
                mend = "save the file with line ends of LF or CR LF"
                raise UserError(f"{path}:1: its lines end in CR alone (byte {place}, 0x0d); {mend}")
            if len(line) == MOST_LINE_BYTES and not line.endswith(b"\n"):
                while (rest := file.readline(MOST_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                what = f"has a line of more than {MOST_LINE_BYTES} bytes"
                findings.fault(path, row, what, "break it up or remove it")
                yield "\n"
                continue
            if line.startswith(_BYTE_ORDER_MARK):
                line = line.removeprefix(_BYTE_ORDER_MARK)
                if row > 1 and not joined:
                    findings.say(f"{path}:{row}: the byte order mark here, as where files are joined, is passed over")
                    joined = True
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                what = f"byte {error.start + 1} (0x{line[error.start]:02x}) is not UTF-8"
                findings.fault(path, row, what, "save the file as UTF-8")
                yield line.decode(errors="replace")
