import pytest

from timeshare.core.prepared.tokenisers import basic_english
from timeshare.sources.sentences import grammar, lexicon
from timeshare.sources.sentences.grammar import Meaning, Order


def test_each_pair_has_a_kind_for_each_order_and_the_kinds_differ() -> None:
    assert len(grammar.COMPOUNDS) >= 16
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
    predicates = [each for pair in grammar.COMPOUNDS for each in pair]
    predicates += [*grammar.SIMPLE_OBJECTS, *grammar.WEATHER]
    assert tuple(sorted({predicate.label for predicate in predicates})) == grammar.KINDS


def test_verbs_of_compounds_go_with_every_kind_and_adjuncts_hold_nouns_of_compounds() -> None:
    assert all(predicate.verbs == lexicon.VERBS for pair in grammar.COMPOUNDS for predicate in pair)
    nouns = {noun for pair in lexicon.NOUN_PAIRS for noun in pair}
    in_adjuncts = {word for slot in grammar.SLOTS for adjunct in slot for word in adjunct.split()}
    kinds = {kind for kind, members in lexicon.NOUNS_BY_KIND.items() if in_adjuncts & nouns & set(members)}
    assert kinds >= {"animal", "building", "drink", "event", "vehicle"}


def test_a_sentence_is_said_in_the_order_given() -> None:
    predicate = grammar.COMPOUNDS[1][0]
    meaning = Meaning("Anna", "saw", predicate, ("today", "at noon", "in Paris"))
    sentence = grammar.realise(meaning, Order(("at noon", "today"), ("in Paris",)))
    assert sentence.text == "At noon today Anna saw the dog house in Paris"
    assert (sentence.position, sentence.length) == (7, 10)


def test_the_sentences_of_the_first_question() -> None:
    snowing = next(each for each in grammar.WEATHER if each.phrase == "snowing")
    meaning = Meaning("it", "was", snowing, ("on Monday",))
    texts = [grammar.realise(meaning, order).text for order in grammar.orders(meaning.adjuncts)]
    assert sorted(texts) == ["It was snowing on Monday", "On Monday it was snowing"]


def test_orders_are_all_permutations_cut_anywhere() -> None:
    assert grammar.orders([]) == [Order((), ())]
    orders = grammar.orders(["a", "b", "c"])
    assert len(orders) == len(set(orders)) == 24
    assert all(sorted(order.front + order.back) == ["a", "b", "c"] for order in orders)


def test_words_are_the_tokens_of_basic_english() -> None:
    words = {word for slot in grammar.SLOTS for adjunct in slot for word in adjunct.split()}
    words |= {word for subject in lexicon.SUBJECTS for word in subject.split()}
    words |= {*lexicon.VERBS, *(word for phrase, _ in lexicon.SIMPLE_OBJECTS for word in phrase.split())}
    assert all(basic_english(word) == [word.lower()] for word in words)


def test_reverse_swaps_the_nouns_and_twice_is_nothing() -> None:
    meaning = Meaning("I", "saw", grammar.COMPOUNDS[0][0], ())
    assert grammar.reverse(meaning).predicate == grammar.COMPOUNDS[0][1]
    assert grammar.reverse(grammar.reverse(meaning)) == meaning
    with pytest.raises(ValueError, match="'snowing' is no compound"):
        grammar.reverse(Meaning("it", "was", next(e for e in grammar.WEATHER if e.phrase == "snowing"), ()))
