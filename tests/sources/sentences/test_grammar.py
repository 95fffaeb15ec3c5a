from collections import defaultdict

import pytest

from timeshare.core.prepared.tokenisers import basic_english
from timeshare.sources.sentences import grammar, lexicon
from timeshare.sources.sentences.grammar import Meaning, Order, Predicate


def predicate_of(phrase: str) -> Predicate:
    return next(predicate for predicate in grammar.PREDICATES if predicate.phrase == phrase)


def test_each_pair_has_a_kind_for_each_order_and_the_kinds_differ() -> None:
    assert len(grammar.COMPOUNDS) >= 60
    assert len({frozenset(pair) for pair in lexicon.NOUN_PAIRS}) == len(lexicon.NOUN_PAIRS)
    for forward, backward in grammar.COMPOUNDS:
        assert sorted(forward.phrase.split()) == sorted(backward.phrase.split())
        assert forward.phrase != backward.phrase
        assert forward.label != backward.label


def test_a_compound_is_of_the_kind_of_its_last_noun() -> None:
    labels = {each.phrase: each.label for pair in grammar.COMPOUNDS for each in pair}
    assert labels["the milk chocolate"] == "food"
    assert labels["the chocolate milk"] == "drink"
    assert labels["the dog house"] == "building"
    assert labels["the race horse"] == "animal"
    assert labels["the house boat"] == "vehicle"
    assert labels["the tea party"] == "event"


def test_kinds_are_the_labels() -> None:
    assert tuple(sorted({predicate.label for predicate in grammar.PREDICATES})) == grammar.KINDS


def test_the_last_word_of_a_predicate_decides_alone() -> None:
    kinds = defaultdict(set)
    for predicate in grammar.PREDICATES:
        kinds[predicate.phrase.split()[-1].lower()].add(predicate.label)
    assert {word: labels for word, labels in kinds.items() if len(labels) > 1} == {}
    assert {word: {label} for word, label in grammar.KIND_OF_WORD.items()} == kinds


def test_no_noun_of_a_compound_is_in_two_families_or_is_an_object_of_its_own() -> None:
    families = [{noun for pair in family for noun in pair} for family in lexicon.NOUN_FAMILIES]
    nouns = [noun for family in families for noun in family]
    assert len(set(nouns)) == len(nouns)
    assert not {predicate.phrase.split()[-1] for predicate in grammar.SIMPLE_OBJECTS} & set(nouns)


def test_of_what_has_no_object_neither_subject_nor_verb_tells_weather_from_the_rest() -> None:
    assert lexicon.WEATHER_SUBJECT in lexicon.THINGS
    qualities = [each for each in grammar.WITHOUT_OBJECT if each.subjects == lexicon.THINGS]
    assert qualities
    assert all(each.verbs == grammar.COPULAS for each in qualities)
    told = [each for each in grammar.WEATHER if len(each.verbs) > 1]
    assert all(each.verbs == grammar.COPULAS and each.slots == qualities[0].slots for each in told)


def test_verbs_of_compounds_go_with_every_kind_and_adjuncts_hold_nouns_of_compounds() -> None:
    assert all(predicate.verbs == grammar.VERBS for pair in grammar.COMPOUNDS for predicate in pair)
    assert all(set(grammar.VERBS) <= set(predicate.verbs) for predicate in grammar.SIMPLE_OBJECTS)
    in_adjuncts = {word for slot in grammar.SLOTS_BUT_DAYS for adjunct in slot for word in adjunct.split()}
    kinds = {kind for kind, members in lexicon.NOUNS_BY_KIND.items() if in_adjuncts & set(members)}
    assert kinds == set(lexicon.NOUNS_BY_KIND)


def test_a_sentence_is_said_in_the_order_given() -> None:
    meaning = Meaning("Anna", "saw", predicate_of("the dog house"), ("today", "at noon", "in Paris"))
    sentence = grammar.realise(meaning, Order(("at noon", "today"), ("in Paris",)))
    assert sentence.text == "At noon today Anna saw the dog house in Paris"
    assert (sentence.position, sentence.length) == (7, 10)
    stopped = grammar.realise(meaning._replace(ending="."), Order((), meaning.adjuncts))
    assert stopped.text == "Anna saw the dog house today at noon in Paris."
    assert (stopped.position, stopped.length) == (4, 11)


@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        ("it was snowing", "weather"),
        ("it rained", "weather"),
        ("it will snow", "weather"),
        ("it is cold", "weather"),
        ("it is late", "other"),
        ("the train was late", "other"),
        ("Anna slept", "other"),
        ("we had an idea", "other"),
        ("she will drink a lemonade", "drink"),
        ("I saw the song bird", "animal"),
        ("I saw the bird song", "other"),
    ],
)
def test_what_can_be_said(clause: str, kind: str) -> None:
    said = [
        (predicate, verb, subject)
        for predicate in grammar.PREDICATES
        if clause.endswith(predicate.phrase)
        for verb in predicate.verbs
        for subject in predicate.subjects
        if " ".join(f"{subject} {verb.words} {predicate.phrase}".split()) == clause
    ]
    ((predicate, verb, subject),) = set(said)
    assert predicate.label == kind
    assert "on Monday" in grammar.slots(predicate, verb)[0]
    meaning = Meaning(subject, verb.words, predicate, ("on Monday",))
    texts = {grammar.realise(meaning, order).text for order in grammar.orders(meaning.adjuncts)}
    assert texts == {f"On Monday {clause}", f"{clause[0].upper()}{clause[1:]} on Monday"}


def test_days_are_of_the_verbs_tense() -> None:
    rained, rain = predicate_of("rained"), predicate_of("rain")
    assert "yesterday" in grammar.slots(rained, rained.verbs[0])[0]
    assert "yesterday" not in grammar.slots(rain, rain.verbs[0])[0]
    assert "tomorrow" in grammar.slots(rain, rain.verbs[0])[0]


def test_orders_are_all_permutations_cut_anywhere() -> None:
    assert grammar.orders([]) == [Order((), ())]
    orders = grammar.orders(["a", "b", "c"])
    assert len(orders) == len(set(orders)) == 24
    assert all(sorted(order.front + order.back) == ["a", "b", "c"] for order in orders)


def test_words_are_the_tokens_of_basic_english() -> None:
    phrases = [adjunct for slot in (*lexicon.DAYS.values(), *grammar.SLOTS_BUT_DAYS) for adjunct in slot]
    for predicate in grammar.PREDICATES:
        phrases += [predicate.phrase, *predicate.subjects, *(verb.words for verb in predicate.verbs)]
    assert all(basic_english(word) == [word.lower()] for phrase in phrases for word in phrase.split())


def test_reverse_swaps_the_nouns_and_twice_is_nothing() -> None:
    meaning = Meaning("I", "saw", grammar.COMPOUNDS[0][0], ())
    assert grammar.reverse(meaning).predicate == grammar.COMPOUNDS[0][1]
    assert grammar.reverse(grammar.reverse(meaning)) == meaning
    with pytest.raises(ValueError, match="'snowing' is no compound"):
        grammar.reverse(Meaning("it", "was", predicate_of("snowing"), ()))
