"""Parameter counts by formula and by count, and the hidden size that matches another model's count."""

from torch import nn

from timeshare.core.config.models import (
    AnyModel,
    BagOfWordsSettings,
    ConvolutionSettings,
    FeedForwardSettings,
    RecurrentSettings,
)
from timeshare.nn.classifier import training_extent
from timeshare.nn.embedding import TimeInput


def count_parameters(module: nn.Module) -> int:
    """Trainable numbers in a module (it may live on the meta device)."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def parameter_count(
    settings: AnyModel, *, vocabulary_size: int, num_classes: int, extent: int, next_token: bool = False
) -> int:
    """How many parameters `build_classifier` would make, by formula.

    Args:
        settings: an entry of the catalogue of models.
        vocabulary_size: V.
        num_classes: C.
        extent: length of the longest training text, steps.
        next_token: as of build_classifier.
    """
    extent = training_extent(settings, extent)
    embedding = vocabulary_size * settings.embedding_size
    if isinstance(settings, BagOfWordsSettings):
        if settings.pooling == "counts":
            return vocabulary_size * num_classes + num_classes
        return embedding + num_classes * (settings.embedding_size + 1)
    hidden = settings.hidden_size
    if isinstance(settings, FeedForwardSettings):
        return embedding + hidden * (extent * settings.embedding_size + 1) + num_classes * (hidden + 1)
    if isinstance(settings, ConvolutionSettings):
        sets = 1 if settings.shared else extent
        kernel = settings.kernel_size * settings.embedding_size
        return embedding + sets * hidden * (kernel + 1) + num_classes * (hidden + 1)
    directions = 2 if settings.bidirectional else 1
    state = hidden * directions
    sizes = [settings.embedding_size + TimeInput(settings.time_input, extent).size]
    sizes += [state] * (settings.num_layers - 1)
    recurrent = directions * sum(_recurrent_layer(settings, size, extent) for size in sizes)
    heads = num_classes + (vocabulary_size if next_token else 0)
    return embedding + recurrent + heads * (state + 1)


def _recurrent_layer(settings: RecurrentSettings, inputs: int, extent: int) -> int:
    """One layer in one direction: K sets of G H (E + H + 2), and what the scheme adds."""
    hidden = settings.hidden_size
    gates = 4 if settings.encoder == "lstm" else 1
    segments = settings.num_sets if settings.bounds is None else len(settings.bounds) + 1
    sets = {"shared": 1, "hyper": 1, "unshared": extent, "segments": segments}.get(settings.sharing, settings.num_sets)
    count = (sets or 1) * gates * hidden * (inputs + hidden + 2)
    if settings.sharing == "mixture":
        count += extent * (sets or 1)
    if settings.sharing == "hyper":
        small, embedding = settings.hyper_size, settings.hyper_embedding_size
        count += 4 * small * (hidden + inputs + small + 1) + 12 * embedding * (small + 1) + 12 * hidden * embedding
    if settings.layer_norm:
        count += 2 * gates * hidden + (2 * hidden if gates > 1 else 0)
    return count


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
