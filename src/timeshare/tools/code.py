"""What tells the code of one version from another's, where a project has none of it: as files that DVC watches.

dvc.yaml of the repository names the code that each stage reads. A project that `timeshare init` made reads the
installed package instead, and its dvc.yaml names a file in timeshare_code/ for each part of it, which holds its md5.
"""

import re
from pathlib import Path

import timeshare
from timeshare.core.artifacts import whole_file
from timeshare.core.md5 import path_md5

FOLDER = "timeshare_code"
_NO_CODE = ("__pycache__", "*.pyc")
_PACKAGE = Path(timeshare.__file__).parent


def name_code(pipeline: str) -> str:
    """A dvc.yaml of the repository's form, with its code's paths as those of files in timeshare_code/."""
    return re.sub(
        r"^( *- )src/timeshare/(\S+?)(?:\.py)?$",
        lambda found: f"{found[1]}{FOLDER}/{found[2].replace('/', '.')}",
        pipeline,
        flags=re.MULTILINE,
    )


def refresh_code(root: Path) -> None:
    """Write the md5s of the parts of the installed package that dvc.yaml names: none in a project with its own code.

    Args:
        root: the project's folder.
    """
    file = root / "dvc.yaml"
    # What is wrong with it DVC says.
    pipeline = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    for part in sorted(set(re.findall(rf"^ *- {FOLDER}/(\S+)$", pipeline, flags=re.MULTILINE))):
        path = _PACKAGE.joinpath(*part.split("."))
        found = path_md5(path if path.is_dir() else path.with_suffix(".py"), _NO_CODE) + "\n"
        file = root / FOLDER / part
        if not file.is_file() or file.read_text(encoding="utf-8") != found:
            with whole_file(file) as scratch:
                scratch.write_text(found, encoding="utf-8")
