"""A trained net as the page holds it: its numbers in base64, how its sets make the weights of a step, its picture."""

import base64
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from timeshare.core.prepared.store import Split
from timeshare.evaluate.similarity import MOST_STEPS
from timeshare.evaluate.states import principal_axes
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.encoder import RecurrentEncoder
from timeshare.models.saved import Blueprint
from timeshare.nn.schemes.sharing import Sharing

# Test texts at whose ends the states are drawn, behind the path of a sentence.
MOST_POINTS = 240


@torch.inference_mode()
def net(name: str, blueprint: Blueprint, classifier: SequenceClassifier, test: Split, steps: int) -> dict[str, Any]:
    """All that the page needs of a model that it can hold (`misfit` says which those are).

    Args:
        name: in the catalogue.
        blueprint: of the model.
        classifier: in evaluation mode.
        test: texts of its data.
        steps: longest text that the page reads, in tokens.
    Returns:
        JSON. `weights` is little-endian float32 in base64: the table of word vectors [V, E], the read-out's weight
        [C, H] and bias [C], and of the K sets weight_ih [K, 4H, E], weight_hh [K, 4H, H] and the sum of both biases
        [K, 4H]. Step t uses set picks[t], or all in the proportions coefficients[t]; where there is an extent, t is
        first brought within it by the rule `beyond`.
    """
    encoder = classifier.encoder
    if not isinstance(encoder, RecurrentEncoder):
        raise TypeError(f"{name} is not recurrent")
    (layer,) = encoder.recurrent.time_layers()
    sharing, read_out = layer.sharing, classifier.read_out
    parts = (
        encoder.embedding.weight,
        *(read_out.get_parameter(part) for part in ("weight", "bias")),
        *(layer.weight_ih, layer.weight_hh, layer.bias_ih + layer.bias_hh),
    )
    picks = sharing.picks(range(sharing.extent or steps))
    return {
        "name": name,
        **_description(blueprint, sharing),
        "parameters": blueprint.parameters,
        "sizes": {
            "embedding": layer.input_size,
            "hidden": layer.hidden_size,
            "sets": sharing.num_sets,
            "vocabulary": blueprint.vocabulary_size,
        },
        "extent": sharing.extent,
        "beyond": sharing.beyond,
        "weights": _encoded(torch.cat([part.flatten() for part in parts])),
        "picks": picks,
        "coefficients": None if picks else _encoded(sharing.coefficients(range(sharing.extent or steps)).flatten()),
        "plane": _plane(classifier, test),
        "similarity": _similarity(classifier, blueprint.extent),
    }


def _description(blueprint: Blueprint, sharing: Sharing) -> dict[str, str]:
    """What the weights of the steps are: in a word, and in a line."""
    settings, sets = blueprint.settings, sharing.num_sets
    lines = {
        "shared": ("shared", "the same weights at every word: an ordinary LSTM"),
        "unshared": (
            "unshared",
            f"other weights at each of {sharing.extent} places: what it learns at one stays there",
        ),
        "periodic": ("time-varying", f"{sets} sets of weights in turn"),
        "segments": ("time-varying", f"{sets} sets of weights, one after the other, each for a stretch of the text"),
        "mixture": ("time-varying", f"at each place another mixture of {sets} sets of weights"),
        "basis": ("time-varying", f"weights that change smoothly from word to word, made of {sets} sets"),
    }
    kind, line = lines[getattr(settings, "sharing", "shared")]
    return {"kind": kind, "line": line}


def _encoded(numbers: Tensor) -> str:
    return base64.b64encode(numbers.numpy().astype("<f4").tobytes()).decode("ascii")


def _similarity(classifier: SequenceClassifier, steps: int) -> dict[str, Any]:
    """How alike the weights of each two steps are: the steps (thinned out where they are many), and the cosines."""
    cosines = classifier.similarity(classifier.extent or steps).double().numpy()
    chosen = np.unique(np.linspace(0, len(cosines) - 1, min(len(cosines), MOST_STEPS)).round().astype(int))
    return {"steps": chosen.tolist(), "cosines": _rounded(cosines[np.ix_(chosen, chosen)], 3)}


def _plane(classifier: SequenceClassifier, test: Split) -> dict[str, Any]:
    """The plane in which the states at the ends of test texts spread most, and where they lie, with their classes."""
    states, labels, rows = [], [], []
    for index, bucket in enumerate(test.buckets):
        chosen = np.flatnonzero(bucket.rows < MOST_POINTS)
        if len(chosen):
            batch = test.gather(index, chosen)
            states.append(classifier.encode(batch.tokens, batch.lengths).double().numpy())
            labels.append(batch.labels.numpy())
            rows.append(batch.rows.numpy())
    order = np.argsort(np.concatenate(rows))
    ends = np.concatenate(states)[order]
    centre, axes = principal_axes(ends)
    return {
        "centre": _rounded(centre, 6),
        "axes": _rounded(axes, 6),
        "ends": _rounded((ends - centre) @ axes.T, 3),
        "labels": np.concatenate(labels)[order].tolist(),
    }


def _rounded(values: NDArray[np.floating[Any]], digits: int) -> Any:
    return (np.round(values.astype(np.float64), digits) + 0.0).tolist()  # + 0.0: no negative zero
