"""How many parameters a model has, and the hidden size that matches another model's count."""

import torch
from torch import nn

from timeshare.core.config.external import is_external
from timeshare.core.prepared.layout import Meta
from timeshare.models.classifier import build_classifier, sharing_of, training_extent
from timeshare.models.saved import Blueprint
from timeshare.models.settings import AnyModel, BagOfWordsSettings, RecurrentSettings
from timeshare.nn.schemes import one_line


def count_parameters(module: nn.Module) -> int:
    """Trainable numbers in a module (it may live on the meta device)."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def parameter_count(settings: AnyModel, *, vocabulary_size: int, num_classes: int, extent: int) -> int:
    """How many parameters `build_classifier` makes of these arguments; it is built without memory for them.

    Raises:
        ValueError: the settings do not fit together, or not the extent.
    """
    with torch.device("meta"):
        classifier = build_classifier(settings, vocabulary_size=vocabulary_size, num_classes=num_classes, extent=extent)
    return count_parameters(classifier)


def match_hidden_size(settings: AnyModel, target: int, *, vocabulary_size: int, num_classes: int, extent: int) -> int:
    """The hidden size, at least 1, whose parameter count comes closest to `target` (the smaller of two as close).

    Raises:
        ValueError: the model has no hidden size, or its settings do not fit.
    """
    if isinstance(settings, BagOfWordsSettings):
        raise ValueError("encoder 'bag_of_words' has no hidden size to match parameters with")

    def count(hidden_size: int) -> int:
        return parameter_count(
            settings.model_copy(update={"hidden_size": hidden_size}),
            vocabulary_size=vocabulary_size,
            num_classes=num_classes,
            extent=extent,
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


def settle(settings: AnyModel, meta: Meta, target: AnyModel | None = None) -> Blueprint:
    """The blueprint of a model for prepared data, with its parameters counted.

    Args:
        settings: an entry of the catalogue of models.
        meta: of the prepared data.
        target: the model whose parameter count its hidden size is to match; None: it has its own.

    Raises:
        ValueError: the settings do not fit the data.
    """
    classes, extent, size = tuple(meta["classes"]), meta["longest_train"], meta["vocabulary_size"]

    for each in (settings, target):
        if isinstance(each, RecurrentSettings) and is_external(each.sharing):
            _check_own_scheme(each, training_extent(each, extent))

    def count(model: AnyModel) -> int:
        return parameter_count(model, vocabulary_size=size, num_classes=len(classes), extent=extent)

    if target is not None:
        hidden_size = match_hidden_size(
            settings, count(target), vocabulary_size=size, num_classes=len(classes), extent=extent
        )
        settings = settings.model_copy(update={"hidden_size": hidden_size})
    return Blueprint(settings, meta["vocabulary"], size, classes, extent, meta["side"], count(settings))


def _check_own_scheme(settings: RecurrentSettings, extent: int) -> None:
    """Refuse a scheme of the user's own that does not do what a scheme must.

    Raises:
        ValueError: it cannot be built, with or without memory, or does not mix its sets at the steps of the extent.
    """
    sharing = sharing_of(settings, extent)
    try:
        with torch.device("meta"):
            sharing_of(settings, extent)
    except ValueError as error:
        what = "it must be possible to build it on the device 'meta', whose tensors hold no numbers"
        raise ValueError(f"{error}; {what}") from None
    if sharing.layer is not None:
        return
    try:
        sharing.reset_parameters(torch.Generator().manual_seed(0))
        shape, expected = tuple(sharing.coefficients(range(extent)).shape), (extent, sharing.num_sets)
    except NotImplementedError as error:
        raise ValueError(f"sharing {settings.sharing!r}: {error}; define picks or coefficients") from None
    except Exception as error:  # whatever its code does
        raise ValueError(f"sharing {settings.sharing!r}: {one_line(error)}") from None
    if shape != expected:
        rule = f"[steps, num_sets], here {list(expected)}"
        raise ValueError(f"sharing {settings.sharing!r}: its coefficients have shape {list(shape)}; return {rule}")
