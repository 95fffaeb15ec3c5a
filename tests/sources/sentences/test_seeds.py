"""The seeds' words and sentences; that the cases are sound is tested where suites are read."""

import json
from pathlib import Path

from timeshare.core.prepared.tokenisers import basic_english
from timeshare.sources.sentences import grammar, lexicon

SEEDS = Path(__file__).parents[3] / "data/suites/seeds.jsonl"


def cases() -> list[dict[str, object]]:
    return [json.loads(line) for line in SEEDS.read_text(encoding="utf-8").splitlines()]


def test_the_sentences_of_the_questions_are_there() -> None:
    texts = {text for case in cases() for text in case["texts"]}
    assert texts >= {
        "On Monday it was snowing",
        "It was snowing on Monday",
        "On Monday it rained",
        "Yesterday I ate an apple",
        "I ate an apple yesterday",
        "chocolate milk",
        "milk chocolate",
        "On Monday it was",
        "On Tuesday it was",
    }


def test_the_grammar_has_every_word_of_them() -> None:
    phrases = [adjunct for slot in (*lexicon.DAYS.values(), *grammar.SLOTS_BUT_DAYS) for adjunct in slot]
    for predicate in grammar.PREDICATES:
        phrases += [predicate.phrase, *predicate.subjects, *(verb.words for verb in predicate.verbs)]
    words = {word for phrase in phrases for word in basic_english(phrase)}
    assert {token for case in cases() for text in case["texts"] for token in basic_english(text)} <= words
