"""playground: put trained nets into report/playground.html, where they run."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from timeshare.core.artifacts import whole_file
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.layout import Meta, read_meta
from timeshare.core.prepared.store import PreparedData
from timeshare.core.prepared.tokenisers import TOKENISERS
from timeshare.evaluate.suites import load_suite
from timeshare.evaluate.text_classifier import TextClassifier
from timeshare.models.saved import Blueprint, load_classifier
from timeshare.models.settings import RecurrentSettings
from timeshare.report.playground.nets import net
from timeshare.report.playground.page import render
from timeshare.report.playground.settings import PlaygroundSettings, misfit
from timeshare.report.playground.texts import texts_of

if TYPE_CHECKING:
    from timeshare.params import Params

# Of all nets together: the page takes 5.3 bytes for each, and browsers get slow beyond some 100 MB.
MOST_PARAMETERS = 20_000_000


def main(params: "Params") -> None:
    """Write report/playground.html: with nets, or, where the run has none that fit, a line that says so."""
    page = build(params, Path())
    with whole_file(Path("report/playground.html")) as scratch:
        scratch.write_text(page, encoding="utf-8")


def build(params: "Params", root: Path) -> str:
    """The page as text; equal params and files give equal text.

    Args:
        params: names the members of the run.
        root: the project's folder, with data/ and models/.
    Raises:
        UserError: a file of a member is missing or damaged, or `report.playground` names data that does not fit.
    """
    settings = params.report.playground
    if settings is None:
        return render(None, "report.playground is null in params.yaml.")
    names, seed = _models(params, settings), _seed(params, settings)
    for dataset in params.run.datasets if settings.dataset is None else [settings.dataset]:
        if not names or seed is None or dataset not in params.run.datasets:
            break
        prepared = root / "data/prepared" / dataset
        meta = read_meta(prepared / "meta.json")
        folders = [root / "models" / dataset / name / str(seed) for name in names]
        reason = _too_much(meta, [Blueprint.load(folder / "model.json") for folder in folders])
        if reason is None:
            return render(_content(params, root, dataset, PreparedData.open(prepared), folders))
        if settings.dataset is not None:
            raise UserError(f"report.playground.dataset: names {dataset}, {reason}; name another, or write `null`")
    return render(None, "This run has no nets that the page can hold: LSTMs of one layer, as docs/playground.md says.")


def _models(params: "Params", settings: PlaygroundSettings) -> list[str]:
    """The models that are named, or one of each kind."""
    if settings.models is not None:
        return [name for name in settings.models if name in params.run.models]
    kinds: dict[int, str] = {}
    for name in params.run.models:
        model = params.model(name)
        if isinstance(model, RecurrentSettings) and misfit(model) is None:
            kinds.setdefault({"shared": 0, "unshared": 1}.get(model.sharing, 2), name)
    return [kinds[kind] for kind in sorted(kinds)]


def _seed(params: "Params", settings: PlaygroundSettings) -> int | None:
    if settings.seed is None:
        return params.run.seeds[0]
    return settings.seed if settings.seed in params.run.seeds else None


def _too_much(meta: Meta, blueprints: list[Blueprint]) -> str | None:
    """Why the page cannot hold these nets of some data; None: it can."""
    if meta["tokeniser"] not in TOKENISERS:
        return f"whose tokeniser {meta['tokeniser']!r:.60} the page does not have"
    parameters = sum(blueprint.parameters for blueprint in blueprints)
    if parameters > MOST_PARAMETERS:
        return f"whose nets have {parameters:,} parameters, more than a page of {MOST_PARAMETERS:,} holds"
    return None


def _content(params: "Params", root: Path, dataset: str, data: PreparedData, folders: list[Path]) -> dict[str, Any]:
    nets = []
    longest = data.meta["longest_train"]
    steps = max(64, 3 * longest)
    suite = None
    for folder in folders:
        blueprint, classifier = load_classifier(folder)
        blueprint.check_data(data.folder, data.vocabulary.digest, data.meta["classes"])
        nets.append(net(folder.parent.name, blueprint, classifier, data.split("test"), steps))
        if suite is None and dataset in params.evaluate.suites:
            asked = TextClassifier(blueprint.classes, classifier, data.vocabulary, data.meta["tokeniser"])
            suite = load_suite(root / "data/suites" / f"{params.evaluate.suites[dataset]}.jsonl", asked)
    return {
        "dataset": dataset,
        "seed": int(folders[0].name),
        "classes": data.meta["classes"],
        "tokeniser": data.meta["tokeniser"],
        "vocabulary": data.vocabulary.tokens[2:],
        "longest": longest,
        "steps": steps,
        "nets": nets,
        **texts_of(data, suite),
    }
