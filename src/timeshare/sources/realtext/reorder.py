"""Reordering real English text by rule: a time or place phrase moves from the end of a sentence to its front, or back.

"I ate an apple yesterday." / "yesterday I ate an apple." say the same. The rules would rather miss a sentence than turn
it into another or into none (docs/evaluation.md lists them): the phrases are a short list, and all else must be plain.
"""

import re

_UNIT = "(?:day|week|month|year)"
_SEASON = "(?:spring|summer|fall|autumn|winter)"
_PART_OF_DAY = "(?:morning|afternoon|evening|night)"
_DAY = f"(?:mon|tues|wednes|thurs|fri|satur|sun)day(?: {_PART_OF_DAY})?"

# Times that need no comma, first or last.
TIMES = (
    "today|yesterday|tomorrow|tonight|nowadays|these days|right now|at the moment|at times|in the end",
    f"this (?:week|weekend|month|year|{_PART_OF_DAY}|{_SEASON})",
    f"last (?:week|weekend|month|year|night|{_SEASON})",
    f"(?:all|every) (?:{_UNIT}|{_PART_OF_DAY})",
    f"(?:a|an|one|two|three|four|five|six|several|a few|\\d+) {_UNIT}s? ago",
    f"on {_DAY}|in the (?:morning|afternoon|evening)|at (?:night|noon|midnight)",
    f"in recent {_UNIT}s|in (?:19|20)\\d\\d",
)
# At the end most phrases of place belong to the noun before them ("a hotel in Paris"); these seldom do.
PLACES = "at home|at work|at school|abroad|overseas|downtown|across the street"
# At the front a comma after one to five words from such a preposition on marks off a phrase of the sentence.
_PREPOSITIONS = "(?:across|after|around|at|before|during|in|inside|near|on|outside|since|throughout|under|until)"
_FRONTED = f"{_PREPOSITIONS}(?: (?!(?:i|we|he|she|they)\\b)[\\w'-]+){{1,4}}"

_PRONOUNS = "(?:i|we|you|he|she|it|they|there)(?:'\\w+)?"
_SUBJECTS = f"(?:{_PRONOUNS}|the|a|an|my|your|our|his|her|its|their|this|that|these|those|all|everyone|nobody)"
_FINITE = re.compile(
    r"\b(?:is|are|was|were|am|has|have|had|does|do|did|will|would|can|could|should|may|might|must|\w+n't|\w+'(?:s|re|ll))\b"
)
# In a sentence with one of these the phrase may belong to a clause inside: "the film that opened last week".
_JOINING = re.compile(
    r"\b(?:and|as|because|but|how|if|nor|or|since|so|than|that|though|unless|until|what|when|where|whether|which|while"
    r"|who|whom|whose|why|yet)\b"
)
# A phrase after one of these belongs to it: "from today", "earlier this year", "it was yesterday".
_HOLDING = re.compile(
    "a|about|after|almost|also|am|an|are|at|be|been|before|being|by|during|earlier|early|even|ever|for|from|here|in|into"
    "|is|it's|just|last|late|later|like|more|most|near|nearly|not|of|on|only|over|past|still|the|there|through|till|to"
    "|up|was|were|with|without"
)
# A second sentence, a question, a quotation, a list or an aside.
_NOT_PLAIN = re.compile(r"""[.!?] *[\w']|[?;:"()@\n]|''|--| - """)
_FEWEST_WORDS = 3

_ENDING = re.compile(rf"(?P<rest>.+?)(?P<comma> ?,)? (?P<phrase>{'|'.join((*TIMES, PLACES))})(?P<stop> ?[.!]*)", re.I)
_FRONTING = re.compile(
    rf"(?:(?P<marked>{_FRONTED}|{'|'.join(TIMES)})(?P<comma> ?,) |(?P<bare>{'|'.join(TIMES)}) )"
    rf"(?P<rest>{_SUBJECTS} .+?)(?P<stop> ?[.!]*)",
    re.I,
)


def reordered(text: str) -> str | None:
    """The text with its final time or place phrase first, or else with its first one last.

    The result has the words, the comma and the stop of the text in another order, so that a bag of words cannot tell
    the two apart. Letters keep their case.

    Returns:
        The reordered text; None where no rule applies.

    >>> reordered("I ate an apple yesterday.")
    'yesterday I ate an apple.'
    >>> reordered("In the end, it works")
    'it works, In the end'
    """
    text = text.strip()
    if _NOT_PLAIN.search(text):
        return None
    if (match := _ENDING.fullmatch(text)) and _is_plain_clause(match["rest"]):
        return f"{match['phrase']}{match['comma'] or ''} {match['rest']}{match['stop']}"
    match = _FRONTING.fullmatch(text)
    # A comma sets the phrase apart from the whole sentence, wherever it stands and whatever the sentence holds.
    if match and (match["comma"] or _is_plain_clause(match["rest"])):
        return f"{match['rest']}{match['comma'] or ''} {match['marked'] or match['bare']}{match['stop']}"
    return None


def _is_plain_clause(rest: str) -> bool:
    """Whether what is left of the phrase is one whole clause that can do without it, as far as its words show."""
    first, *others = rest.lower().split()
    return (
        len(others) + 1 >= _FEWEST_WORDS
        and "," not in rest
        and (re.fullmatch(_PRONOUNS, first) is not None or _FINITE.search(rest.lower()) is not None)
        and _JOINING.search(" ".join(others)) is None
        and _HOLDING.fullmatch(others[-1]) is None
    )
