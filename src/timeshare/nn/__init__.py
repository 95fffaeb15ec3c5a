"""Recurrent layers whose weights are any function of time, and what they are compared with. Needs torch alone."""

from timeshare.nn.recurrent import TimeLSTM, TimeRNN
from timeshare.nn.weights import within_extent

__all__ = ["TimeLSTM", "TimeRNN", "within_extent"]
