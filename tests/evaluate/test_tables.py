from pathlib import Path

from timeshare.evaluate.tables import Table


def test_csv_has_six_digits_and_empty_fields_and_quotes_what_needs_it(tmp_path: Path) -> None:
    Table(("name", "value"), [("a,b", 1 / 3), ("c", None), ("d", 12345678)]).write(tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_bytes() == b'name,value\n"a,b",0.333333\nc,\nd,12345678\n'
