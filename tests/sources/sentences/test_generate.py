from collections import defaultdict

import pytest

from tests.sources.tables import probes_of, rows_of, texts_of
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.tokenisers import basic_english
from timeshare.sources.raw import RawData
from timeshare.sources.sentences import SentencesSettings, grammar, lexicon
from timeshare.sources.sentences import generate as sentences
from timeshare.sources.sentences.generate import read

# An independent reading of the texts: adjuncts and compounds are found in the words, not taken from the generator.
DAYS = tuple(dict.fromkeys(day for days in lexicon.DAYS.values() for day in days))
SLOTS = (DAYS, *grammar.SLOTS_BUT_DAYS)
ADJUNCTS = sorted((adjunct for slot in SLOTS for adjunct in slot), key=len, reverse=True)
COMPOUNDS = {each.phrase: each.label for pair in grammar.COMPOUNDS for each in pair}


def parse(text: str) -> tuple[list[str], str, list[str]]:
    """Fronted adjuncts, clause and final adjuncts of a sentence, whatever its full stop."""
    rest = text.lower().removesuffix(".")
    ends: tuple[list[str], list[str]] = ([], [])
    found = True
    while found:
        found = False
        for adjunct in (each.lower() for each in ADJUNCTS):
            if rest.startswith(f"{adjunct} "):
                ends[0].append(adjunct)
                rest = rest.removeprefix(f"{adjunct} ")
                found = True
            if rest.endswith(f" {adjunct}"):
                ends[1].insert(0, adjunct)
                rest = rest.removesuffix(f" {adjunct}")
                found = True
    return ends[0], rest, ends[1]


def meaning(text: str) -> tuple[str, frozenset[str]]:
    front, clause, back = parse(text)
    return clause, frozenset(front + back)


def compound(text: str) -> str | None:
    _, clause, _ = parse(text)
    return next((phrase for phrase in COMPOUNDS if clause.endswith(phrase)), None)


def settings(**changes: object) -> SentencesSettings:
    return SentencesSettings.model_validate(
        {"source": "sentences", "train_size": 1500, "valid_size": 200, "test_size": 200, "probe_groups": 60, **changes}
    )


@pytest.fixture(scope="module")
def raw() -> RawData:
    generated = read("sentences", settings())
    # Lists, so that each test can read them.
    object.__setattr__(generated, "splits", {split: list(batches) for split, batches in generated.splits.items()})
    object.__setattr__(generated, "probes", list(generated.probes))
    return generated


def test_sizes_and_classes(raw: RawData) -> None:
    assert {split: len(rows_of(raw, split)) for split in raw.splits} == {"train": 1500, "valid": 200, "test": 200}
    assert set(raw.classes) == {*lexicon.NOUNS_BY_KIND, "weather"}
    assert {row["label"] for row in rows_of(raw, "train")} == set(raw.classes)
    assert raw.gold_orders


def test_labels_are_the_kind_of_the_last_word_of_the_clause(raw: RawData) -> None:
    kind_of = {noun: kind for kind, nouns in lexicon.NOUNS_BY_KIND.items() for noun in nouns}
    kind_of |= {phrase.split()[-1]: kind for kind, phrases in lexicon.SIMPLE_OBJECTS.items() for phrase in phrases}
    weather = {*lexicon.WEATHER_QUALITIES, *(form for forms in lexicon.WEATHER_VERBS for form in forms)}
    kind_of |= dict.fromkeys(weather, "weather")
    probes = [probe for groups in probes_of(raw).values() for group in groups.values() for probe in group]
    for row in (*rows_of(raw, "train"), *rows_of(raw, "test"), *probes):
        assert row["label"] == kind_of.get(parse(row["text"])[1].split()[-1], "other"), row["text"]


def test_each_meaning_is_said_once_and_none_of_train_is_held_out(raw: RawData) -> None:
    train = [meaning(text) for text in texts_of(raw, "train")]
    assert len(set(train)) == len(train)
    held_out = {meaning(text) for split in ("valid", "test") for text in texts_of(raw, split)}
    held_out |= {
        meaning(probe["text"]) for groups in probes_of(raw).values() for group in groups.values() for probe in group
    }
    assert not held_out & set(train)


def test_adjuncts_are_of_different_slots_and_as_many_as_asked_for(raw: RawData) -> None:
    slot_of = {adjunct.lower(): index for index, slot in enumerate(SLOTS) for adjunct in slot}
    numbers = set()
    for text in texts_of(raw, "train"):
        front, _, back = parse(text)
        numbers.add(len(front + back))
        assert len({slot_of[adjunct] for adjunct in front + back}) == len(front + back)
    assert numbers == {0, 1, 2}


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_half_of_the_pairs_stand_after_a_fronted_adjunct_alone_and_half_without_alone(raw: RawData, split: str) -> None:
    fronts = defaultdict(set)
    for text in texts_of(raw, split):
        phrase = compound(text)
        if phrase is not None:
            fronts[phrase].add(bool(parse(text)[0]))
    assert len(raw.notes["fronted_pairs"]) / len(lexicon.NOUN_PAIRS) == pytest.approx(0.5, abs=0.06)
    fronted = {frozenset(pair.split()) for pair in raw.notes["fronted_pairs"]}
    assert len(fronts) > (0.9 if split == "train" else 0.4) * len(COMPOUNDS)
    assert fronts == {phrase: {frozenset(phrase.split()[1:]) in fronted} for phrase in fronts}


def test_no_noun_of_compounds_is_met_in_both_halves(raw: RawData) -> None:
    fronted = {noun for pair in raw.notes["fronted_pairs"] for noun in pair.split()}
    others = {noun for pair in lexicon.NOUN_PAIRS if " ".join(pair) not in raw.notes["fronted_pairs"] for noun in pair}
    assert fronted
    assert others
    assert not fronted & others


@pytest.mark.parametrize("seed", range(3))
def test_neither_a_fronted_adjunct_nor_a_full_stop_tells_of_the_label(seed: int) -> None:
    fronts, stops = defaultdict(list), defaultdict(list)
    for sentence in sentences.Generator("s", settings(seed=seed)).split(6000):
        label = sentence.meaning.predicate.label
        fronts[label].append(bool(parse(sentence.text)[0]))
        stops[label].append(sentence.text.endswith("."))
    assert set(fronts) == set(grammar.KINDS)
    # Within what chance does to the rarest kinds, of 300 sentences, and what whole families leave unequal.
    assert {label: sum(of) / len(of) for label, of in fronts.items()} == pytest.approx(
        dict.fromkeys(fronts, 0.5), abs=0.12
    )
    share = sentences.STOP_SHARE
    assert {label: sum(of) / len(of) for label, of in stops.items()} == pytest.approx(
        dict.fromkeys(stops, share), abs=0.1
    )


def test_positions_are_those_of_the_head_noun_among_the_tokens(raw: RawData) -> None:
    for kind, groups in probes_of(raw).items():
        for probe in (probe for group in groups.values() for probe in group):
            tokens = basic_english(probe["text"])
            front, clause, _ = parse(probe["text"])
            assert tokens[probe["position"]] == clause.split()[-1], (kind, probe)
            assert probe["position"] == len(" ".join([*front, clause]).split()) - 1


def test_invariance_groups_are_all_orders_of_one_meaning(raw: RawData) -> None:
    groups = probes_of(raw)["invariance"]
    assert len(groups) == 60
    for group in groups.values():
        meanings = {meaning(probe["text"]) for probe in group}
        assert len(meanings) == 1
        adjuncts = len(next(iter(meanings))[1])
        assert len({probe["text"] for probe in group}) == len(group) == {1: 2, 2: 6}[adjuncts]
        assert len({probe["label"] for probe in group}) == 1
        # A bag of words cannot tell the texts apart.
        assert len({tuple(sorted(basic_english(probe["text"]))) for probe in group}) == 1
        assert [probe["place"] for probe in group] == list(range(len(group)))


def test_orders_of_many_adjuncts_are_a_sample() -> None:
    generated = read("s", settings(adjuncts=(4, 5), probe_adjuncts=(6, 7), probe_groups=10))
    for group in probes_of(generated)["invariance"].values():
        assert len({probe["text"] for probe in group}) == len(group) == 6
        assert len({meaning(probe["text"]) for probe in group}) == 1


def test_sensitivity_pairs_differ_by_the_order_of_the_compound_alone(raw: RawData) -> None:
    groups = probes_of(raw)["sensitivity"]
    assert len(groups) == 60
    for first, second in groups.values():
        words, others = basic_english(first["text"]), basic_english(second["text"])
        differing = [place for place, (word, other) in enumerate(zip(words, others, strict=True)) if word != other]
        assert differing == [first["position"] - 1, first["position"]]
        assert words[differing[0]] == others[differing[1]]
        assert first["label"] != second["label"]
        assert first["position"] == second["position"]


def test_position_probes_say_one_meaning_where_training_has_the_compound_and_where_it_never_has(raw: RawData) -> None:
    seen = defaultdict(set)
    for text in texts_of(raw, "train"):
        front, clause, _ = parse(text)
        seen[compound(text)].add(len(" ".join([*front, clause]).split()) - 1)
    probes = probes_of(raw)
    usual = [probe for (probe,) in probes["position_seen"].values()]
    unusual = [probe for (probe,) in probes["position_unseen"].values()]
    assert len(usual) == len(unusual) == 60
    for first, second in zip(usual, unusual, strict=True):
        assert meaning(first["text"]) == meaning(second["text"])
        assert first["position"] in seen[compound(first["text"])]
        assert second["position"] not in seen[compound(second["text"])]


def test_length_probes_are_longer_than_all_of_training_and_as_trained_otherwise(raw: RawData) -> None:
    longest = max(len(basic_english(text)) for text in texts_of(raw, "train"))
    fronted = {frozenset(pair.split()) for pair in raw.notes["fronted_pairs"]}
    adjuncts = []
    for (probe,) in probes_of(raw)["length"].values():
        front, _, back = parse(probe["text"])
        phrase = compound(probe["text"])
        assert phrase is not None
        assert len(basic_english(probe["text"])) > longest
        assert bool(front) == (frozenset(phrase.split()[1:]) in fronted)
        adjuncts.append(len(front + back))
    assert [adjuncts.count(number) for number in range(3, 11)] == [8, 8, 8, 8, 7, 7, 7, 7]


def test_more_sentences_than_the_grammar_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "SHARES", ((1.0, grammar.WEATHER[:3]),))
    monkeypatch.setattr(sentences, "PATIENCE", 2000)
    message = (
        "datasets.weather: the grammar has too few sentences for these sizes; "
        "lower train_size, valid_size, test_size or probe_groups, or raise adjuncts"
    )
    with pytest.raises(UserError, match=f"^{message}$"):
        read("weather", settings(adjuncts=(1, 1)))


def test_more_adjuncts_than_the_grammar_has_are_refused() -> None:
    message = "datasets.s.probe_adjuncts: a sentence has room for 12 adjuncts; lower it to 12"
    with pytest.raises(UserError, match=f"^{message}$"):
        read("s", settings(probe_adjuncts=(3, 13)))
