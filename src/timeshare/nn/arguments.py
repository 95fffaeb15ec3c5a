"""What the layers make of their arguments, and which they refuse."""

from collections.abc import Mapping

from timeshare.nn.cells.contract import Cell
from timeshare.nn.cells.rnn import RELU, RNN
from timeshare.nn.choices import check_choice
from timeshare.nn.schemes import Option, build_sharing
from timeshare.nn.schemes.sharing import Sharing


def chosen_cell(cell: Cell, nonlinearity: str | None) -> Cell:
    """The cell, or that which the argument of torch.nn.RNN says."""
    if nonlinearity is None:
        return cell
    check_choice("nonlinearity", nonlinearity, ("tanh", "relu"))
    if cell not in (RNN, RELU):
        raise ValueError("nonlinearity is for the plain net, TimeRNN; leave it out")
    return RELU if nonlinearity == "relu" else RNN


def check_flags(**flags: bool) -> None:
    """Refuse what is no truth value: in torch.nn.RNN's old order another argument stands in such a place."""
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise TypeError(f"{name} must be True or False; it is {flag!r} (nonlinearity is given by its name)")


def check_forget_bias(forget_bias: float | None, cell: Cell, bias: bool) -> None:
    """Refuse a forget bias that nothing would read."""
    if forget_bias is not None and cell.forget_gate is None:
        raise ValueError("forget_bias is for cells that have a forget gate, as the LSTM; leave it out")
    if forget_bias is not None and not bias:
        raise ValueError("forget_bias needs biases: leave it out, or bias=False")


def named_scheme(sharing: str | Sharing, options: Mapping[str, Option]) -> tuple[str, Sharing]:
    """The name of a scheme, and the scheme."""
    if not isinstance(sharing, Sharing):
        return sharing, build_sharing(sharing, options)
    name = type(sharing).__name__
    for option in ("extent", "num_sets", "bounds", "scale"):
        if options[option] is not None:
            raise ValueError(f"{option} is for schemes that are named; give it to {name}")
    return name, sharing
