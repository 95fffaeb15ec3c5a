"""timeshare measures what sharing recurrent weights across time buys, on language and on formal tasks."""

__version__ = "0.1.0"
