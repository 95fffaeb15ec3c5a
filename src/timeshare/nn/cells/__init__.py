"""The recurrent cells, one record each (`contract.Cell`). This module does not import torch.

A cell is a module of this folder, and a line of `CELLS`: docs/extending.md.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from timeshare.nn.choices import load

if TYPE_CHECKING:
    from timeshare.nn.cells.contract import Cell

# Name -> where the record is.
CELLS: Mapping[str, str] = {
    "lstm": f"{__name__}.lstm:LSTM",
    "rnn": f"{__name__}.rnn:RNN",
    "gru": f"{__name__}.gru:GRU",
}
# Those whose record names a forget gate: settings ask before torch is there.
WITH_FORGET_GATE = frozenset({"lstm"})


def load_cell(name: str) -> "Cell":
    """The record of a cell."""
    cell: Cell = load(CELLS[name])
    return cell
