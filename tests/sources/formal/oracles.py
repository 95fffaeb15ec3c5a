"""The formal tasks' rules as they are published, symbol by symbol: slow, and independent of the code under test."""

import itertools


def oracle(name: str, text: str) -> int:
    """The label of a sequence such as "1 0 1 1" or "3 + 4 * 2"."""
    symbols = text.split()
    if name == "parity_check":
        return symbols.count("1") % 2
    if name == "even_pairs":
        return sum(symbol != following for symbol, following in itertools.pairwise(symbols)) % 2
    if name == "cycle_navigation":
        place = 0
        for symbol in symbols:
            place = (place + {"0": -1, "1": 0, "2": 1}[symbol]) % 5
        return place
    return int(eval(text)) % 5  # noqa: S307 - digits and operators that a test drew
