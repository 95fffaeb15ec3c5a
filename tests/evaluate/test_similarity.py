import pytest
import torch

from timeshare.evaluate import similarity
from timeshare.evaluate.similarity import similarity_table
from timeshare.models.classifier import SequenceClassifier, build_classifier
from timeshare.models.settings import BagOfWordsSettings, RecurrentSettings


def recurrent(sharing: str, **settings: object) -> SequenceClassifier:
    return build_classifier(
        RecurrentSettings(encoder="lstm", sharing=sharing, embedding_size=2, hidden_size=3, **settings),
        vocabulary_size=4,
        num_classes=2,
        extent=5,
        generator=torch.Generator().manual_seed(0),
    ).eval()


def test_equal_sets_are_as_good_as_shared_and_opposite_ones_are_opposite() -> None:
    classifier = recurrent("periodic", num_sets=2)
    with torch.no_grad():
        for name, weight in classifier.encoder.recurrent.layers[0].named_parameters():
            assert name.startswith(("weight", "bias"))
            weight[1] = -weight[0]
    table, metrics = similarity_table(classifier, 4)
    assert table.columns == ("step_a", "step_b", "similarity")
    assert {row[:2]: round(row[2], 6) for row in table.rows} == {
        (first, second): 1.0 if (first + second) % 2 == 0 else -1.0 for first in range(4) for second in range(4)
    }
    # Of twelve pairs of different steps, four are an even number of steps apart.
    assert metrics["weight_similarity"] == pytest.approx((4 - 8) / 12)


def test_steps_are_those_of_the_extent_where_there_is_one() -> None:
    table, metrics = similarity_table(recurrent("unshared"), 50)
    assert len(table.rows) == 5 * 5
    assert metrics["weight_similarity"] < 0.9


def test_many_steps_are_thinned_out_from_the_first_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "MOST_STEPS", 3)
    table, _ = similarity_table(recurrent("periodic", num_sets=7), 101)
    assert sorted({row[0] for row in table.rows}) == [0, 50, 100]


def test_one_set_is_similar_to_itself_and_needs_no_table() -> None:
    table, metrics = similarity_table(recurrent("shared"), 5)
    assert (list(table.rows), metrics) == ([], {"weight_similarity": 1.0})


def test_models_whose_weights_time_does_not_tell_have_no_similarity() -> None:
    bag = build_classifier(BagOfWordsSettings(encoder="bag_of_words"), vocabulary_size=4, num_classes=2, extent=5)
    for classifier in (recurrent("hyper"), bag):
        table, metrics = similarity_table(classifier, 5)
        assert (list(table.rows), metrics) == ([], {})
