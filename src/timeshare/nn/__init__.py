"""Recurrent layers whose weights are any function of time. A library of its own: it needs torch and NumPy.

`timeshare.nn.classifier` builds the project's classifiers from these layers, and reads its settings.
"""

from timeshare.nn.imitate import imitate, imitated_state
from timeshare.nn.recurrent import TimeLSTM, TimeRNN
from timeshare.nn.weights import within_extent

__all__ = ["TimeLSTM", "TimeRNN", "imitate", "imitated_state", "within_extent"]
