"""Labels texts with the classifier beside this file: `python classify.py "a text" "another"`, or a text a line.

Needs onnxruntime and NumPy, and `regex` where the tokeniser is `characters` or a pattern.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

FOLDER = Path(__file__).parent
MADE = json.loads((FOLDER / "classifier.json").read_text(encoding="utf-8"))
IDS = {token: number for number, token in enumerate(MADE["vocabulary"]) if number > 1}  # 0 pads, 1 is unknown
SESSION = onnxruntime.InferenceSession(FOLDER / "model.onnx")


def tokens(text: str) -> list[str]:
    """A text's tokens, as those of the training texts were cut."""
    name = MADE["tokeniser"]
    if name == "whitespace":
        return text.split()
    if name == "basic_english":
        text = text.lower().replace('"', "").replace("<br />", " ").translate(dict.fromkeys(map(ord, ";:"), " "))
        return text.translate({ord(mark): f" {mark} " for mark in ".,!?'()"}).split()
    import regex

    pattern = r"\X" if name == "characters" else name.removeprefix("regex:")
    pieces = text.split() if name == "characters" else [text]
    return [part for piece in pieces for token in regex.findall(pattern, piece) for part in token.split()]


def classify(text: str) -> dict[str, float]:
    """The probability of each class, by its name."""
    ids = [IDS.get(token, 1) for token in tokens(text)]
    if not 0 < len(ids) <= (MADE["longest"] or len(ids)):
        raise ValueError(f"{text!r:.60} has {len(ids)} tokens; give 1 to {MADE['longest'] or 'any number'}")
    width = min([bound for bound in MADE["bounds"] if bound >= len(ids)], default=len(ids))
    padding = [0] * (width - len(ids))
    row = padding + ids if MADE["side"] == "left" else ids + padding
    given = {"tokens": np.array([row], np.int64), "lengths": np.array([len(ids)], np.int64)}
    return dict(zip(MADE["classes"], SESSION.run(None, given)[0][0].tolist(), strict=True))


if __name__ == "__main__":
    for text in sys.argv[1:] or (line.rstrip("\r\n") for line in sys.stdin):
        found = classify(text)
        label = next(name for name, share in found.items() if share == max(found.values()))
        print(json.dumps({"text": text, "label": label, "probabilities": found}, ensure_ascii=False))
