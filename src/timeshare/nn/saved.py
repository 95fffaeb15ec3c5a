"""A classifier as files: model.json says how to build it, model.safetensors holds its weights. No pickle."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Generator

from timeshare.artifacts import read_json, write_json
from timeshare.config.errors import UserError
from timeshare.config.models import AnyModel
from timeshare.nn.classifier import SequenceClassifier, build_classifier

_VERSION = 1
_SETTINGS: TypeAdapter[AnyModel] = TypeAdapter(AnyModel)


@dataclass(frozen=True)
class Blueprint:
    """All that is needed to build a classifier but its weights.

    Attributes:
        settings: the catalogue's entry, with the hidden size settled.
        vocabulary_size: V, with padding and unknown.
        classes: names, in the order of the logits.
        extent: T, the longest training text in tokens.
        padding: side on which token matrices are padded.
        parameters: trainable parameters.
    """

    settings: AnyModel
    vocabulary_size: int
    classes: tuple[str, ...]
    extent: int
    padding: Literal["right", "left"]
    parameters: int

    def build(self, generator: Generator | None = None, *, next_token: bool = False) -> SequenceClassifier:
        """A classifier with fresh weights drawn from `generator`."""
        return build_classifier(
            self.settings,
            vocabulary_size=self.vocabulary_size,
            num_classes=len(self.classes),
            extent=self.extent,
            padding=self.padding,
            generator=generator,
            next_token=next_token,
        )

    def as_json(self) -> dict[str, Any]:
        """The content of model.json."""
        return {
            "version": _VERSION,
            "settings": self.settings.model_dump(mode="json"),
            "vocabulary_size": self.vocabulary_size,
            "classes": list(self.classes),
            "extent": self.extent,
            "padding": self.padding,
            "parameters": self.parameters,
        }

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a blueprint.

        Raises:
            UserError: the file is missing, damaged or of another version.
        """
        content = read_json(path)
        try:
            if content["version"] != _VERSION:
                raise UserError(f"{path}: is of version {content['version']}, not {_VERSION}; run `dvc repro`")
            return cls(
                settings=_SETTINGS.validate_python(content["settings"], strict=False),
                vocabulary_size=int(content["vocabulary_size"]),
                classes=tuple(content["classes"]),
                extent=int(content["extent"]),
                padding=content["padding"],
                parameters=int(content["parameters"]),
            )
        except (KeyError, TypeError, ValueError, ValidationError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"{path}: is no blueprint of a model ({reason}); run `dvc repro`") from None


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
    classifier = blueprint.build()
    try:
        classifier.load_state_dict(load_file(weights_path))
    except FileNotFoundError:
        raise UserError(f"{weights_path}: no such file; `dvc repro` makes it") from None
    except (SafetensorError, RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{weights_path}: does not fit model.json ({reason}); run `dvc repro`") from None
    return blueprint, classifier.eval()
