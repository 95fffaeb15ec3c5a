"""Checkpoints without pickle: tensors in safetensors, everything else as JSON in its header."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from timeshare.core.artifacts import whole_file
from timeshare.core.config.errors import UserError
from timeshare.train.lightning import CheckpointIO


class SafetensorsCheckpointIO(CheckpointIO):
    """Lightning's checkpoints as one .safetensors file, moved into place when whole."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: object = None) -> None:
        """Write a checkpoint of nested dicts, lists, tuples, primitives and tensors; anything else is a TypeError."""
        tensors: dict[str, torch.Tensor] = {}
        content = _encoded(checkpoint, tensors)
        with whole_file(Path(path)) as scratch:
            # By Python's own write, whose errors say what is wrong with the disk.
            scratch.write_bytes(save(tensors, metadata={"content": json.dumps(content)}))

    def load_checkpoint(
        self, path: str | Path, map_location: object = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint back onto the CPU; Lightning moves it on.

        Raises:
            UserError: the file is no such checkpoint.
        """
        try:
            with safe_open(path, framework="pt") as file:
                content = json.loads(file.metadata()["content"])
                loaded = _decoded(content, file)
        except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise UserError(f"{path}: is no checkpoint of this program ({error})") from None
        if not isinstance(loaded, dict):
            raise UserError(f"{path}: is no checkpoint of this program")
        return loaded

    def remove_checkpoint(self, path: str | Path) -> None:
        """Remove a checkpoint."""
        Path(path).unlink(missing_ok=True)


# JSON knows neither tuples, nor keys that are no text, nor tensors: each container is written as [tag, content].
def _encoded(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.Tensor):
        name = f"tensor_{len(tensors):06d}"
        # A copy: the file format refuses tensors that share memory.
        tensors[name] = value.detach().cpu().clone().contiguous()
        return ["tensor", name]
    if isinstance(value, dict):
        return ["dict", [[_encoded(key, tensors), _encoded(item, tensors)] for key, item in value.items()]]
    if isinstance(value, list | tuple):
        tag = "list" if isinstance(value, list) else "tuple"
        return [tag, [_encoded(item, tensors) for item in value]]
    raise TypeError(f"a checkpoint cannot hold a {type(value).__name__}")


def _decoded(value: Any, file: Any) -> Any:
    if not isinstance(value, list):
        return value
    tag, content = value
    if tag == "tensor":
        return file.get_tensor(content)
    if tag == "dict":
        return {_decoded(key, file): _decoded(item, file) for key, item in content}
    items = [_decoded(item, file) for item in content]
    return items if tag == "list" else tuple(items)
