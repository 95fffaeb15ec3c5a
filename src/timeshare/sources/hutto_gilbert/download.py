"""The download: the four sets come in the source distribution of the package vaderSentiment (MIT licence)."""

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from timeshare.core.artifacts import whole_file
from timeshare.core.config.errors import UserError

REQUIREMENT = "vaderSentiment==3.3.2"
SDIST = "vaderSentiment-3.3.2.tar.gz"
SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
INNER_ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
FILES = {
    "movie_reviews": "movieReviewSnippets_GroundTruth.txt",
    "tweets": "tweets_GroundTruth.txt",
    "amazon_reviews": "amazonReviewSnippets_GroundTruth.txt",
    "nyt_editorials": "nytEditorialSnippets_GroundTruth.txt",
}
# The largest wanted member has 1.4 MB; what claims more is not what was asked for.
MOST_BYTES = 16_000_000


def download(folder: Path) -> None:
    """Fetch the four sets with pip, wherever pip is configured to look, and write their files to `folder`.

    Raises:
        UserError: pip cannot get the package, or what it got is not the file that is expected.
    """
    with tempfile.TemporaryDirectory() as scratch:
        _pip_download(Path(scratch))
        unpack(Path(scratch) / SDIST, folder)


def unpack(sdist: Path, folder: Path, sha256: str = SHA256) -> None:
    """Write the four sets that the source distribution holds to `folder`, and nothing else.

    The archives' own paths, links and modes are not used: wanted members are read by name, and written to fixed names.

    Args:
        sdist: the source distribution.
        folder: an existing folder.
        sha256: what the source distribution must hash to, in hex.
    Raises:
        UserError: the hash differs, or a wanted member is missing, too large or no plain file.
    """
    found = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if found != sha256:
        raise UserError(f"{sdist.name}: has the sha256 {found}, not {sha256}; do not use it, and see where pip got it")
    with sdist.open("rb") as file:
        (inner,) = _read_members(file, [INNER_ARCHIVE])
    names = list(FILES.values())
    contents = _read_members(io.BytesIO(inner), [f"hutto_ICWSM_2014/{name}" for name in names])
    for name, content in zip(names, contents, strict=True):
        with whole_file(folder / name) as scratch:
            scratch.write_bytes(content)


def _pip_download(folder: Path) -> None:
    requirements = folder / "requirements.txt"
    # pip compares the hash before it runs anything of the package, which it must do to read a source's metadata.
    requirements.write_text(f"{REQUIREMENT} --hash=sha256:{SHA256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", "vaderSentiment", "--dest", str(folder), "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not (folder / SDIST).is_file():
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or done.stderr.splitlines()
        reason = errors[-1].removeprefix("ERROR: ") if errors else f"exit code {done.returncode}"
        raise UserError(
            f"{REQUIREMENT}: pip cannot download it ({reason}); connect to a network with a Python package index, set "
            f"PIP_FIND_LINKS to a folder that holds {SDIST}, or take the hutto_gilbert datasets out of run.datasets"
        )


def _read_members(archive: IO[bytes], names: Sequence[str]) -> list[bytes]:
    contents = []
    try:
        with tarfile.open(fileobj=archive, mode="r:gz") as tar:
            for name in names:
                member = tar.getmember(name)
                file = tar.extractfile(member) if member.isreg() and member.size <= MOST_BYTES else None
                if file is None:
                    raise UserError(f"{SDIST}: {name} is no plain file of at most {MOST_BYTES} bytes; do not use it")
                contents.append(file.read())
    except KeyError:
        raise UserError(f"{SDIST}: lacks {name}; do not use it, and see where pip got it") from None
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise UserError(f"{SDIST}: is a damaged archive ({error}); do not use it, and see where pip got it") from None
    return contents
