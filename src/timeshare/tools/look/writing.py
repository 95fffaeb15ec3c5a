"""How texts are written: in which scripts, and which tokeniser suits them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

# The first word of a character's name is its script's, but for these.
_SCRIPTS = {"CJK": "Chinese characters", "FULLWIDTH": "Latin", "HALFWIDTH": "Katakana"}
_NO_SCRIPTS = ("MODIFIER", "MASCULINE", "FEMININE", "MICRO", "MATHEMATICAL", "KATAKANA-HIRAGANA")
# Rarer ones are names and quotations.
_LEAST_SHARE = 0.005

_APART = re.compile(r"\s[.,!?](?=\s|$)")
_ATTACHED = re.compile(r"\w[.,!?](?=\s|$)")


def scripts_of(texts: Sequence[str]) -> dict[str, float]:
    """The scripts of the letters with their shares, the most frequent first."""
    counts: Counter[str] = Counter()
    for character, count in Counter(character for text in texts for character in text).items():
        if character.isalpha() and (script := _script(character)):
            counts[script] += count
    return {script: n / counts.total() for script, n in counts.most_common() if n >= _LEAST_SHARE * counts.total()}


def suits_whitespace(texts: Sequence[str]) -> bool:
    """Whether texts are cut and lowered already: their punctuation stands between spaces, and capitals are rare."""
    apart, attached = (sum(len(pattern.findall(text)) for text in texts) for pattern in (_APART, _ATTACHED))
    capitals = sum(map(str.isupper, "".join(texts)))
    return apart > 20 * attached and capitals * 100 < sum(map(len, texts))


@cache
def _script(character: str) -> str:
    word = unicodedata.name(character, "").partition(" ")[0]
    return "" if word in _NO_SCRIPTS else _SCRIPTS.get(word, word.capitalize())
