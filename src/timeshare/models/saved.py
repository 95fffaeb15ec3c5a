"""A classifier as files: model.json says how to build it, model.safetensors holds its weights. No pickle."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Generator

from timeshare.core.artifacts import read_versioned, write_json
from timeshare.core.config.errors import UserError
from timeshare.models.classifier import SequenceClassifier, build_classifier
from timeshare.models.settings import AnyModel

_VERSION = 1


@dataclass(frozen=True)
class Blueprint:
    """All that is needed to build a classifier but its weights.

    Attributes:
        settings: the catalogue's entry, with the hidden size settled.
        vocabulary: digest of the vocabulary that its embedding belongs to.
        vocabulary_size: V, with padding and unknown.
        classes: names, in the order of the logits.
        extent: T, the longest training text in tokens.
        padding: side on which token matrices are padded.
        parameters: trainable parameters.
    """

    settings: AnyModel
    vocabulary: str
    vocabulary_size: Annotated[int, Field(ge=1)]
    classes: Annotated[tuple[str, ...], Field(min_length=2)]
    extent: Annotated[int, Field(ge=1)]
    padding: Literal["right", "left"]
    parameters: Annotated[int, Field(ge=0)]

    def build(self, generator: Generator | None = None, *, next_token: bool = False) -> SequenceClassifier:
        """A classifier with fresh weights drawn from `generator`.

        Raises:
            UserError: there is no room for so many weights, or the settings do not fit the data.
        """
        try:
            return build_classifier(
                self.settings,
                vocabulary_size=self.vocabulary_size,
                num_classes=len(self.classes),
                extent=self.extent,
                padding=self.padding,
                generator=generator,
                next_token=next_token,
            )
        except ValueError as error:
            raise UserError(f"the model does not fit texts of up to {self.extent} tokens: {error}") from error
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
            what = f"a model of {self.parameters:,} parameters cannot be built ({reason})"
            raise UserError(f"{what}; lower its hidden_size") from error

    def check_data(self, folder: Path, vocabulary: str, classes: Sequence[str]) -> None:
        """Make sure that the model belongs to some data.

        Args:
            folder: of the data.
            vocabulary: digest of its vocabulary.
            classes: its classes, in label order.
        Raises:
            UserError: the model was made for another vocabulary or other classes.
        """
        if (vocabulary, tuple(classes)) != (self.vocabulary, self.classes):
            raise UserError(f"{folder}: is not what the model was made for, words or classes differ; run `dvc repro`")

    def as_json(self) -> dict[str, Any]:
        """The content of model.json."""
        return {
            "version": _VERSION,
            "settings": self.settings.model_dump(mode="json"),
            "vocabulary": self.vocabulary,
            "vocabulary_size": self.vocabulary_size,
            "classes": list(self.classes),
            "extent": self.extent,
            "padding": self.padding,
            "parameters": self.parameters,
        }

    @staticmethod
    def load(path: Path) -> "Blueprint":
        """Read a blueprint.

        Raises:
            UserError: the file is missing, damaged or of another version.
        """
        return read_versioned(path, _VERSION, _BLUEPRINT)


_BLUEPRINT = TypeAdapter(Blueprint)


def save_classifier(folder: Path, blueprint: Blueprint, classifier: SequenceClassifier) -> None:
    """Write model.json and model.safetensors into `folder`."""
    write_json(folder / "model.json", blueprint.as_json())
    # The next-token head serves training alone.
    weights = {
        name: value.detach().cpu().contiguous()
        for name, value in classifier.state_dict().items()
        if not name.startswith("next_token.")
    }
    # By Python's own write, whose errors say what is wrong with the disk.
    (folder / "model.safetensors").write_bytes(save(weights))


def load_classifier(folder: Path) -> tuple[Blueprint, SequenceClassifier]:
    """Read what `save_classifier` wrote; the classifier comes in evaluation mode.

    Raises:
        UserError: a file is missing or damaged, or the weights do not fit the blueprint.
    """
    blueprint = Blueprint.load(folder / "model.json")
    weights_path = folder / "model.safetensors"
    try:
        weights_path.open("rb").close()  # safetensors takes what it may not open for missing
    except FileNotFoundError:
        raise UserError(f"{weights_path}: no such file; `dvc repro` makes it") from None
    classifier = blueprint.build()
    try:
        classifier.load_state_dict(load_file(weights_path))
    except (SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{weights_path}: does not fit model.json ({reason}); run `dvc repro`") from None
    for name, weights in classifier.state_dict().items():
        if not bool(torch.isfinite(weights).all()):
            raise UserError(f"{weights_path}: is damaged ({name} holds what is no finite number); run `dvc repro`")
    return blueprint, classifier.eval()
