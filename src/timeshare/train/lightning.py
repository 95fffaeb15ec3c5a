"""Lightning, imported without what a fit does not need. The modules of this room import it from here.

Lightning imports torchmetrics, and that imports matplotlib and scipy.signal where they are installed, for plots and
sounds. They are a third of what Lightning takes to import: so torchmetrics is told that they are not installed.
"""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

# Lightning's import settles it. torch's own choice is a folder under /tmp, whose name anyone can guess, and it executes
# what it finds there.
os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(".timeshare/compiled").absolute()))


@contextmanager
def _not_installed(*packages: str) -> Iterator[None]:
    imports: Any = importlib.import_module("lightning_utilities.core.imports")
    find_spec, version = imports.find_spec, imports._version

    def find(name: str) -> ModuleSpec | None:
        return None if name in packages else find_spec(name)

    def version_of(name: str) -> str:
        if name in packages:
            raise PackageNotFoundError(name)
        return version(name)

    imports.find_spec, imports._version = find, version_of
    imports.package_available.cache_clear()
    try:
        yield
    finally:
        imports.find_spec, imports._version = find_spec, version
        imports.package_available.cache_clear()


with _not_installed("matplotlib", "scipy"):
    import torchmetrics  # noqa: F401

# After the block, and so not among the imports at the top.
import lightning.pytorch as pl  # noqa: E402
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment  # noqa: E402
from lightning.fabric.plugins.io.checkpoint_io import CheckpointIO  # noqa: E402
from lightning.fabric.utilities.exceptions import MisconfigurationException  # noqa: E402
from lightning.pytorch.callbacks import ModelCheckpoint, RichProgressBar  # noqa: E402
from lightning.pytorch.utilities import rank_zero_only  # noqa: E402

__all__ = [
    "CheckpointIO",
    "MisconfigurationException",
    "ModelCheckpoint",
    "RichProgressBar",
    "SLURMEnvironment",
    "pl",
    "rank_zero_only",
]
