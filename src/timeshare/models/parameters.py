"""How many parameters a model has, and the hidden size that matches another model's count."""

import torch
from torch import nn

from timeshare.models.classifier import build_classifier
from timeshare.models.settings import AnyModel, BagOfWordsSettings


def count_parameters(module: nn.Module) -> int:
    """Trainable numbers in a module (it may live on the meta device)."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def parameter_count(
    settings: AnyModel, *, vocabulary_size: int, num_classes: int, extent: int, next_token: bool = False
) -> int:
    """How many parameters `build_classifier` makes of these arguments; it is built without memory for them."""
    with torch.device("meta"):
        classifier = build_classifier(
            settings,
            vocabulary_size=vocabulary_size,
            num_classes=num_classes,
            extent=extent,
            next_token=next_token,
        )
    return count_parameters(classifier)


def match_hidden_size(
    settings: AnyModel, target: int, *, vocabulary_size: int, num_classes: int, extent: int, next_token: bool = False
) -> int:
    """The hidden size, at least 1, whose parameter count comes closest to `target` (the smaller of two as close).

    Raises:
        ValueError: the model has no hidden size.
    """
    if isinstance(settings, BagOfWordsSettings):
        raise ValueError("encoder 'bag_of_words' has no hidden size to match parameters with")

    def count(hidden_size: int) -> int:
        return parameter_count(
            settings.model_copy(update={"hidden_size": hidden_size}),
            vocabulary_size=vocabulary_size,
            num_classes=num_classes,
            extent=extent,
            next_token=next_token,
        )

    # The count grows with the hidden size: double until it passes the target, then halve the interval.
    high = 1
    while count(high) < target:
        high *= 2
    low = max(high // 2, 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) < target else (low, middle)
    return min((low, high), key=lambda size: abs(count(size) - target))
