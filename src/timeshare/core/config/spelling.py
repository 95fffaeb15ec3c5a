"""What was meant where a name is misspelt: of commands and options, and of datasets, models, studies and keys."""

from collections.abc import Iterable


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The known name that is most like a mistaken one, for the end of a sentence; empty where none is.

    >>> did_you_mean("devcies", ["devices", "threads"])
    ' (did you mean devices?)'
    """
    import difflib  # Not for a command that is spelt well.

    likest = difflib.get_close_matches(given, [name for name in known if name != given], n=1, cutoff=0.7)
    return f" (did you mean {likest[0]}?)" if likest else ""
