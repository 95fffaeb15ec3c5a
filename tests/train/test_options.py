"""What `train` may ask for beside the loss: each option reaches the model, and only the models that it concerns."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from tests.train.conftest import Fit
from tests.train.test_module import batch
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.saved import Blueprint
from timeshare.models.settings import BagOfWordsSettings, FeedForwardSettings, RecurrentSettings
from timeshare.train.module import ClassifierModule
from timeshare.train.settings import TrainSettings

LSTM = RecurrentSettings(encoder="lstm", embedding_size=4, hidden_size=6, dropout=0.2, embedding_dropout=0.1)


@pytest.fixture
def one_epoch(fitted: Fit) -> Any:
    """The classifier after an epoch with given options."""
    return lambda model=LSTM, **options: fitted(model, max_epochs=1, **options).classifier


def module(blueprint: Blueprint, settings: TrainSettings, next_token: bool = False) -> ClassifierModule:
    source = torch.Generator().manual_seed(0)
    classifier = replace(blueprint, settings=LSTM).build(source, next_token=next_token).eval()
    made = ClassifierModule(classifier, settings, seed=0)
    made._trainer = type("Trainer", (), {"world_size": 1})()
    return made


def test_dropout_of_the_training_takes_the_place_of_the_models_own(one_epoch: Any) -> None:
    own = one_epoch(LSTM)
    assert (own.dropout, own.encoder.embedding.dropout) == (0.2, 0.1)
    asked = one_epoch(LSTM, dropout=0.0, embedding_dropout=0.4)
    assert (asked.dropout, asked.encoder.embedding.dropout) == (0.0, 0.4)


def test_truncation_is_for_recurrent_models_and_others_train_without(one_epoch: Any) -> None:
    assert one_epoch(LSTM, truncate=3).truncate == 3
    assert one_epoch(BagOfWordsSettings(encoder="bag_of_words"), truncate=3).truncate is None


def test_next_tokens_are_for_nets_that_read_in_one_direction_and_others_train_without(one_epoch: Any) -> None:
    assert one_epoch(LSTM, next_token_weight=0.5).next_token is not None
    assert one_epoch(LSTM).next_token is None
    for settings in (LSTM.model_copy(update={"bidirectional": True}), FeedForwardSettings(encoder="feed_forward")):
        assert one_epoch(settings, next_token_weight=0.5).next_token is None


def test_label_smoothing_spreads_the_target_in_training_alone(blueprint: Blueprint) -> None:
    whole = batch([True] * 4, 4)
    smoothed = module(blueprint, TrainSettings(label_smoothing=0.2))
    logs = functional.log_softmax(smoothed.classifier(whole.tokens, whole.lengths), dim=1)
    right = logs[torch.arange(4), whole.labels]
    expected = -(0.8 * right + 0.2 * logs.mean(1))
    torch.testing.assert_close(smoothed.training_step(whole, 0), expected.mean())
    smoothed.on_validation_epoch_start()
    smoothed.validation_step(whole, 0)
    torch.testing.assert_close(smoothed._valid_steps[0][0], -right.sum())


@pytest.mark.parametrize("padding", ["right", "left"])
def test_the_next_token_loss_is_the_mean_over_the_tokens_that_have_a_next(blueprint: Blueprint, padding: str) -> None:
    given = batch([True] * 4, 4)
    if padding == "left":
        rows = zip(given.tokens, given.lengths, strict=True)
        given = given._replace(tokens=torch.stack([row.roll(-int(length)) for row, length in rows]))
    blueprint = replace(blueprint, padding=padding)
    without, plain = module(blueprint, TrainSettings(), next_token=True), TrainSettings(next_token_weight=0.7)
    weighted = module(blueprint, plain, next_token=True)
    losses = []
    for row, length in zip(given.tokens, given.lengths.tolist(), strict=True):
        words = row[row != 0].unsqueeze(0)
        logits = _alone(weighted.classifier, words, padding)
        losses.append(functional.cross_entropy(logits[0, :-1], words[0, 1:]))
        assert words.shape[1] == length
    without.settings = TrainSettings(next_token_weight=0.0)
    added = weighted.training_step(given, 0) - without.training_step(given, 0)
    torch.testing.assert_close(added, 0.7 * torch.stack(losses).mean())


def _alone(classifier: SequenceClassifier, words: Tensor, padding: str) -> Tensor:
    assert classifier.padding == padding
    return classifier.with_token_logits(words, torch.tensor([words.shape[1]]))[1]


@pytest.fixture
def vectors(prepared: Path, tmp_path: Path) -> tuple[Path, int]:
    """A file with a vector of four numbers for one word of the vocabulary, and the row that it belongs in."""
    tokens = PreparedData.open(prepared).vocabulary.tokens
    path = tmp_path / "vectors.txt"
    path.write_text(f"{tokens[3]} 1.0 2.0 3.0 4.0\nelsewhere 5.0 6.0 7.0 8.0\n", encoding="utf-8")
    return path, 3


def test_vectors_from_a_file_are_taken_and_frozen_on_demand(one_epoch: Any, vectors: tuple[Path, int]) -> None:
    path, row = vectors
    frozen = one_epoch(LSTM, vectors=str(path), freeze_vectors=True).encoder.embedding.weight
    assert frozen[row].tolist() == [1, 2, 3, 4]
    assert not frozen[0].any()
    free = one_epoch(LSTM, vectors=str(path)).encoder.embedding.weight
    assert free[row].tolist() != [1, 2, 3, 4]
    torch.testing.assert_close(free[row], torch.tensor([1.0, 2, 3, 4]), atol=0.5, rtol=0)
    # A word that the file lacks keeps the vector that it was given.
    other = 2 if row != 2 else 3
    own = one_epoch(LSTM).encoder.embedding.weight
    assert not torch.equal(frozen[other], torch.zeros(4))
    torch.testing.assert_close(frozen[other], own[other], atol=0.5, rtol=0)


def test_a_model_that_counts_words_has_no_use_for_vectors(one_epoch: Any, vectors: tuple[Path, int]) -> None:
    assert one_epoch(BagOfWordsSettings(encoder="bag_of_words"), vectors=str(vectors[0])).encoder.state_size == 2


def test_a_model_that_does_not_fit_the_data_is_one_line(one_epoch: Any) -> None:
    segments = RecurrentSettings(encoder="lstm", sharing="segments", num_sets=40)
    with pytest.raises(UserError, match=r"does not fit texts of up to 8 tokens: 40 segments need an extent"):
        one_epoch(segments)
    short = RecurrentSettings(encoder="lstm", sharing="unshared", extent=3, beyond="error")
    with pytest.raises(UserError, match=r"a text does not fit the model: .* weights for 3 only"):
        one_epoch(short)


def test_the_learning_rate_rises_over_the_warm_up_and_falls_along_a_cosine() -> None:
    settings = TrainSettings(learning_rate=0.4, schedule="cosine", warmup_steps=3)
    rates = [settings.learning_rate_at(step, 11) for step in range(12)]
    assert rates[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert rates[3:] == pytest.approx([0.2 * (1 + math.cos(math.pi * step / 8)) for step in range(9)])
    assert rates[-1] == pytest.approx(0.0)
    constant = TrainSettings(learning_rate=0.4, warmup_steps=1)
    assert [constant.learning_rate_at(step, 4) for step in range(4)] == pytest.approx([0.2, 0.4, 0.4, 0.4])


def test_each_step_is_taken_at_its_own_learning_rate(fitted: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    step = ClassifierModule.training_step

    def watched(module: ClassifierModule, *given: Any) -> Tensor:
        seen.append(module.trainer.optimizers[0].param_groups[0]["lr"])
        return step(module, *given)

    monkeypatch.setattr(ClassifierModule, "training_step", watched)
    options: dict[str, Any] = {"learning_rate": 0.02, "schedule": "cosine", "warmup_steps": 2}
    fitted(max_epochs=2, **options)
    settings = TrainSettings(**options)
    assert len(seen) > 4
    assert seen == [settings.learning_rate_at(number, len(seen)) for number in range(len(seen))]
