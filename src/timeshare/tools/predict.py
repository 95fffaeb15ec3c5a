"""`timeshare predict`: label texts with a trained model."""

import io
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from timeshare.core.config.errors import UserError, without_controls
from timeshare.core.config.spelling import did_you_mean
from timeshare.core.prepared.text import UNKNOWN
from timeshare.evaluate.text_classifier import TextClassifier, UnreadableTextError, load_text_classifier
from timeshare.params import load_params

_TEXTS_AT_ONCE = 1024


def main(model: str, texts: Sequence[str], file: str | None, output: str, interactive: bool = False) -> None:
    """Label texts from arguments, a file or a pipe, one a line, in their order.

    Args:
        model: models/DATASET/MODEL/SEED, DATASET@champion, a run's id, or an address of MLflow's.
        texts: the texts; none: those of `file`.
        file: a text file, a text a line; '-' or None: standard input.
        output: 'jsonl' or 'table'.
        interactive: answer each line at once, and go on after a text that the model cannot read. So it is with texts
            from the keyboard, too.
    Raises:
        UserError: there is no such model or file, or the model cannot read a text; the message says which, and all
            texts before it are labelled.
    """
    classifier = find_classifier(model)
    lines, place = (iter(texts), "text ") if texts else (_lines(file), f"{_name(file)}:")
    write = {"jsonl": _write_json_line, "table": _write_table_line}[output]
    if interactive or (not texts and file in (None, "-") and sys.stdin.isatty()):
        _converse(classifier, lines, place, write)
        return
    read = strange = 0
    example = ""
    while batch := list(itertools.islice(lines, _TEXTS_AT_ONCE)):
        problem = None
        try:
            encoded = classifier.read(batch)
        except UnreadableTextError as error:
            # Every line is a text, an empty one too: its number is the text's.
            problem = UserError(f"{place}{read + error.place + 1}: {error.reason}; remove it")
            batch = batch[: error.place]
            encoded = classifier.read(batch)
        for text, ids, row in zip(batch, encoded, classifier.predict(encoded).tolist(), strict=True):
            write(text, dict(zip(classifier.classes, row, strict=True)))
            if (ids == UNKNOWN).any():
                strange, example = strange + 1, example or classifier.unknown(text)[0]
        if problem is not None:
            raise problem
        read += len(batch)
    if strange:
        print(f"{strange} of {read} texts have words that training never had, such as {example!r}", file=sys.stderr)


def _converse(
    classifier: TextClassifier, lines: Iterator[str], place: str, write: Callable[[str, dict[str, float]], None]
) -> None:
    """Label one text at a time, at once."""
    for number, text in enumerate(lines, start=1):
        try:
            encoded = classifier.read([text])
        except UnreadableTextError as error:
            print(f"{place}{number}: {error.reason}", file=sys.stderr, flush=True)
            continue
        write(text, dict(zip(classifier.classes, classifier.predict(encoded)[0].tolist(), strict=True)))
        sys.stdout.flush()
        if unknown := classifier.unknown(text):
            print(f"words that training never had: {', '.join(map(repr, unknown))}", file=sys.stderr, flush=True)


def find_classifier(model: str) -> TextClassifier:
    """A trained model by its folder, or by a name that MLflow knows.

    Args:
        model: models/DATASET/MODEL/SEED, DATASET@champion, a run's id, or an address of MLflow's.
    Raises:
        UserError: there is no such model, or it is damaged.
    """
    folder = Path(model)
    if (folder / "model.json").is_file():
        # data/prepared/DATASET stands beside models/DATASET/MODEL/SEED.
        dataset = folder.resolve().parents[1]
        prepared = dataset.parents[1] / "data" / "prepared" / dataset.name
        here = Path.cwd()
        return load_text_classifier(folder, prepared.relative_to(here) if prepared.is_relative_to(here) else prepared)
    if folder.exists() or ("/" in model and ":" not in model):
        mend = "give models/DATASET/MODEL/SEED of a trained model, or DATASET@champion"
        raise UserError(f"{model}: holds no model.json; {mend}{_meant(folder)}")
    # Only names of a registry or a server need MLflow.
    from timeshare.tracking.registry import fetch

    fetched = fetch(model, Path(), load_params().tracking)
    return load_text_classifier(fetched, fetched)


def _meant(folder: Path) -> str:
    """What stands beside the first part of a path that is not there, and is most like it."""
    lacking = next((part for part in [*reversed(folder.parents), folder] if not part.exists()), None)
    if lacking is None or not lacking.parent.is_dir():
        return ""
    return did_you_mean(lacking.name, [one.name for one in lacking.parent.iterdir()])


def _name(file: str | None) -> str:
    return "standard input" if file is None or file == "-" else file


def _lines(file: str | None) -> Iterator[str]:
    if file is None or file == "-":
        if sys.stdin.isatty():
            print("reading texts from the keyboard, one a line; end with Ctrl-D", file=sys.stderr)
        if isinstance(sys.stdin, io.TextIOWrapper):
            # Whatever the locale: the same text has the same label everywhere.
            sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict")
        yield from _stripped(sys.stdin, _name(file))
        return
    try:
        with Path(file).open(encoding="utf-8-sig") as opened:
            yield from _stripped(opened, _name(file))
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}; give a text file") from None


def _stripped(opened: TextIO | Iterable[str], name: str) -> Iterator[str]:
    try:
        for line in opened:
            yield line.rstrip("\r\n")
    except UnicodeDecodeError:
        raise UserError(f"{name}: is no UTF-8 text; convert it first") from None


def _write_json_line(text: str, probabilities: dict[str, float]) -> None:
    label = max(probabilities, key=probabilities.__getitem__)
    answer = {"text": text, "label": label, "probabilities": probabilities}
    print(without_controls(json.dumps(answer, ensure_ascii=False)))


def _write_table_line(text: str, probabilities: dict[str, float]) -> None:
    label = max(probabilities, key=probabilities.__getitem__)
    fields = (label, f"{probabilities[label]:.4f}", " ".join(text.split()))
    print("\t".join(map(without_controls, fields)))
