"""What is found in the rows of some files that stops the reading."""

from dataclasses import dataclass, field

from timeshare.core.config.errors import UserError

# More would be a list for the log, not for the reader.
MOST_LINES = 20
# Of one fault in one file; beyond these the fault has one line, which counts its rows.
MOST_ROWS = 5


@dataclass
class _Fault:
    """One kind of fault in one file."""

    file: str
    mend: str
    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def lines(self, rows: int) -> list[tuple[int, str]]:
        """Lines with the rows that they begin with: for few rows one each, else one; `rows` is how many there are."""
        if self.count <= MOST_ROWS:
            return [(row, f"{self.file}:{row}: {what}; {self.mend}") for row, what in self.first]
        row, what = self.first[0]
        others = f"all {rows} rows" if self.count == rows else f"{self.count} of {rows} rows"
        return [(row, f"{self.file}:{row}: {what} (so or alike in {others}); {self.mend}")]


class Findings:
    """Faults by file and kind.

    Attributes:
        said: lines for whoever watches: how files were read.
    """

    def __init__(self) -> None:
        self.said: list[str] = []
        self._faults: dict[tuple[str, str], _Fault] = {}
        self._stops: list[str] = []
        self._rows: dict[str, int] = {}

    def fault(self, file: object, row: int, what: str, mend: str) -> None:
        """Note a row that cannot be read. Faults of a file that are mended alike are one kind."""
        fault = self._faults.setdefault((str(file), mend), _Fault(str(file), mend))
        fault.count += 1
        if len(fault.first) < MOST_ROWS:
            fault.first.append((row, what))

    def say(self, line: str) -> None:
        """Note how a file is read."""
        self.said.append(line)

    def stop(self, line: str) -> None:
        """Note what is wrong with a whole file, or with the rows of all."""
        self._stops.append(line)

    def has_read(self, file: object, rows: int) -> None:
        """Note how many sound rows a file has; those with a fault are counted here."""
        bad = sum(fault.count for fault in self._faults.values() if fault.file == str(file))
        self._rows[str(file)] = rows + bad

    def is_faulty(self, file: object) -> bool:
        """Whether any row of a file has a fault."""
        return any(fault.file == str(file) for fault in self._faults.values())

    @property
    def stopped(self) -> bool:
        """Whether something is wrong with a whole file."""
        return bool(self._stops)

    def check(self) -> None:
        """Stop here if there was any fault.

        Raises:
            UserError: up to `MOST_LINES` lines.
        """
        files = dict.fromkeys(fault.file for fault in self._faults.values())
        lines = self._stops + [
            line
            for file in files
            for _, line in sorted(
                line
                for fault in self._faults.values()
                if fault.file == file
                for line in fault.lines(self._rows.get(file, fault.count))
            )
        ]
        if lines:
            raise UserError("\n".join(lines[:MOST_LINES]))
