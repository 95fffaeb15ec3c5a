"""How a text is cut into tokens: torchtext's rules for English, white space, characters, or a regular expression.

A token holds no white space, so that tokens with a space between them are a text once more.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, WithJsonSchema

from timeshare.core.config.errors import UserError
from timeshare.core.config.spelling import did_you_mean

if TYPE_CHECKING:
    import regex

Tokeniser = Callable[[str], list[str]]

# What stands before a regular expression where another tokeniser has its name.
BY_PATTERN = "regex:"
_MOST_PATTERN_CHARACTERS = 1000
# An expression may take exponential time, on a text that nobody thought of: of the processor's time, for one text.
_MOST_SECONDS = 1.0


def basic_english(text: str) -> list[str]:
    """Lower-case `text` and split it at spaces and punctuation, as torchtext 0.6.0's `basic_english` does.

    `.`, `,`, `!`, `?`, `'`, `(` and `)` become tokens of their own; `"`, `;` and `:` vanish; anything else between
    spaces stays whole, `+`, `*`, `-` and digits included: "I can't, now" -> i can ' t , now.

    Returns:
        The tokens; none if the text holds nothing but spaces and characters that vanish.
    """
    return _torchtext()(text)


@cache
def _torchtext() -> Tokeniser:
    # The package torchtext imports torch: seconds and 250 MB in each process that tokenises. Its tokenisers are in one
    # file that needs neither, so that file is all that is loaded.
    package = find_spec("torchtext")
    if package is None or package.origin is None:
        raise ImportError("torchtext is not installed")
    spec = spec_from_file_location("torchtext.data.utils", Path(package.origin).parent / "data" / "utils.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{package.origin}: torchtext lacks its tokenisers")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    tokeniser: Tokeniser = module.get_tokenizer("basic_english")
    return tokeniser


def characters(text: str) -> list[str]:
    """The characters of `text` as readers see them (extended grapheme clusters, UAX #29) but for white space.

    A letter with its combining marks is one, and so is an emoji of several code points.
    """
    if text.isascii():
        return list("".join(text.split()))
    clusters = _compiled(r"\X")
    return [cluster for piece in text.split() for cluster in clusters.findall(piece)]


TOKENISERS: Mapping[str, Tokeniser] = {
    "basic_english": basic_english,
    "whitespace": str.split,
    "characters": characters,
}
# They treat what stands between two spaces by itself, but for the `<br />` that basic_english takes for a space.
PIECE_BY_PIECE = ("basic_english", "whitespace")


@cache
def tokeniser_of(name: str) -> Tokeniser:
    """What cuts texts by a tokeniser's name: of `TOKENISERS`, or `regex:` and an expression that matches each token.

    The tokens of an expression keep their case. A match that holds white space is cut there.

    Raises:
        ValueError: there is no such tokeniser, or the expression is none.
    """
    if name in TOKENISERS:
        return TOKENISERS[name]
    pattern = name.removeprefix(BY_PATTERN)
    if pattern == name:
        hint = did_you_mean(name, TOKENISERS)
        raise ValueError(f"is {name!r:.60}; give {', '.join(TOKENISERS)} or {BY_PATTERN}PATTERN{hint}")
    if not 0 < len(pattern) <= _MOST_PATTERN_CHARACTERS:
        raise ValueError(f"has a pattern of {len(pattern)} characters; give 1 to {_MOST_PATTERN_CHARACTERS}")
    expression = _compiled(pattern)

    def tokenise(text: str) -> list[str]:
        try:
            matches = expression.finditer(text, timeout=_MOST_SECONDS)
            return [token for match in matches for token in match.group().split()]
        except TimeoutError:
            raise UserError(
                f"{name}: takes more than {_MOST_SECONDS:g} s for one text, {text!r:.40}; write the pattern so that "
                "no two of its parts can match the same characters"
            ) from None

    return tokenise


@cache
def _compiled(pattern: str) -> "regex.Pattern[str]":
    # Not the standard library's `re`, which knows no grapheme clusters and no limit on time.
    import regex

    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{pattern!r:.60} is no regular expression ({error}); correct it") from None


def _known(name: str) -> str:
    tokeniser_of(name)
    return name


# In params.yaml, and in the files that say what a text was cut by.
TokeniserName = Annotated[
    str,
    AfterValidator(_known),
    WithJsonSchema(
        {"anyOf": [{"enum": list(TOKENISERS), "type": "string"}, {"pattern": f"^{BY_PATTERN}.", "type": "string"}]}
    ),
]
