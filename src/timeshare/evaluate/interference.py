"""Does learning from one family of sentences spoil what another has taught? Cosines between gradients tell."""

from collections.abc import Collection, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from timeshare.core.batch import Batch
from timeshare.core.prepared.store import PreparedData, Split
from timeshare.evaluate.asking import readable
from timeshare.evaluate.tables import Table
from timeshare.models.classifier import SequenceClassifier

# A family's mean gradient is taken over at most so many examples, and so many entries of their padded matrix.
MOST_EXAMPLES = 256
MOST_ENTRIES = 16_384
# All gradients are held at once: those of the largest families, 16 at most and as many as fit into half a gigabyte.
MOST_FAMILIES = 16
MOST_NUMBERS = 1 << 27


class Family(NamedTuple):
    """Examples of one label and form: 'fronted' or 'plain' by their first words, or 'short' or 'long'."""

    label: str
    form: str

    def __str__(self) -> str:
        return f"{self.label} {self.form}"


def families_of(data: PreparedData, openers: Collection[str] = ()) -> dict[Family, NDArray[np.int64]]:
    """Sort the training examples into families.

    Args:
        openers: words that a fronted phrase begins with; none: texts above the median length are told from
            the others instead.
    Returns:
        By family, int64 [n, 2]: the bucket of each example, and its place there.
    """
    classes = data.meta["classes"]
    opens = np.isin(np.array(data.vocabulary.tokens), list(openers))
    rows = data.split("train")
    median = np.median(rows.lengths())
    families: dict[Family, list[NDArray[np.int64]]] = {}
    for number, bucket in enumerate(rows.buckets):
        if openers:
            firsts = bucket.tokens[np.arange(len(bucket.lengths)), rows.starts(bucket)]
            forms = {"fronted": opens[firsts], "plain": ~opens[firsts]}
        else:
            forms = {"long": bucket.lengths > median, "short": bucket.lengths <= median}
        for (index, label), (form, has_form) in product(enumerate(classes), forms.items()):
            places = np.flatnonzero((bucket.labels == index) & has_form)
            if len(places):
                examples = np.stack([np.full_like(places, number), places], axis=1)
                families.setdefault(Family(label, form), []).append(examples)
    return {family: np.concatenate(families[family]) for family in sorted(families)}


def interference_table(
    classifier: SequenceClassifier, split: Split, families: Mapping[Family, NDArray[np.int64]]
) -> tuple[Table, dict[str, float]]:
    """Compare the mean gradients of families, with respect to all that training changes.

    A step down the gradient of one family changes the loss of another by minus the step size times the product of the
    two gradients: with a negative cosine it spoils, at 0 it leaves alone, with a positive one it helps.

    Args:
        classifier: trained, in evaluation mode.
        split: holds the examples.
        families: as `families_of` gives them.
    Returns:
        A row for each ordered pair of families; and `interference`, the mean cosine of two different families, with
        `interference/same_label` and `interference/other_label` apart. Families without a gradient are left out;
        nothing is left if fewer than two have one.
    """
    parameters = [parameter for parameter in classifier.parameters() if parameter.requires_grad]
    room = MOST_NUMBERS // max(1, sum(parameter.numel() for parameter in parameters))
    largest = sorted(families, key=lambda family: (-len(families[family]), family))[: min(MOST_FAMILIES, room)]
    directions: dict[Family, Tensor] = {}
    for family in sorted(largest):
        gradient = _mean_gradient(classifier, parameters, _gather(split, families[family], classifier))
        size = gradient.norm()
        if size > 0:
            directions[family] = gradient / size
    stacked = torch.stack(list(directions.values())) if directions else torch.zeros(0, 1)
    cosines = dict(
        zip(product(directions, repeat=2), (stacked @ stacked.t()).clamp(-1, 1).flatten().tolist(), strict=True)
    )
    pairs = {pair: cosine for pair, cosine in cosines.items() if pair[0] != pair[1]}
    same = [cosine for (one, other), cosine in pairs.items() if one.label == other.label]
    others = [cosine for (one, other), cosine in pairs.items() if one.label != other.label]
    means = {"interference": [*same, *others], "interference/same_label": same, "interference/other_label": others}
    metrics = {name: float(np.mean(values)) for name, values in means.items() if values}
    rows = [(str(one), str(other), cosine) for (one, other), cosine in cosines.items()] if pairs else []
    return Table(("family_a", "family_b", "cosine"), rows), metrics


def _mean_gradient(classifier: SequenceClassifier, parameters: list[nn.Parameter], batches: list[Batch]) -> Tensor:
    """Of the mean cross entropy, as one vector; zero for parameters that do not matter to it."""
    count = sum(len(batch.labels) for batch in batches)
    losses = [
        nn.functional.cross_entropy(classifier(batch.tokens, batch.lengths), batch.labels, reduction="sum")
        for batch in batches
    ]
    loss = torch.stack(losses).sum() / count
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in gradients])


def _gather(split: Split, examples: NDArray[np.int64], classifier: SequenceClassifier) -> list[Batch]:
    """Examples spread evenly over those given."""
    width = max(split.buckets[number].tokens.shape[1] for number in np.unique(examples[:, 0]))
    count = min(len(examples), MOST_EXAMPLES, max(1, MOST_ENTRIES // width))
    chosen = examples[np.arange(count) * len(examples) // count]
    batches = [split.gather(int(number), chosen[chosen[:, 0] == number, 1]) for number in np.unique(chosen[:, 0])]
    return readable(classifier, batches)
