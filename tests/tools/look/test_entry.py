"""Entering a dataset in params.yaml by an edit of its text."""

from pathlib import Path

import pytest
import yaml

from tests.tiny import PARAMS_TEXT
from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.tools.look.entry import enter, entry_as_yaml

ENTRY = {"source": "files", "train": "data/files/a b.csv", "text": "no", "label": "1", "tokeniser": r"regex:\w+|#\S"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS_TEXT, encoding="utf-8")
    return path


def test_it_is_the_data_of_the_run_and_nothing_else_changes(path: Path) -> None:
    before = load_params(path)
    enter(path, "mine", ENTRY)
    after = load_params(path)
    assert (after.run.datasets, after.run.studies) == (("mine",), ())
    assert after.dataset("mine").model_dump(exclude_unset=True) == ENTRY
    run = {"datasets": before.run.datasets, "studies": before.run.studies}
    catalogue = {name: one for name, one in after.datasets.items() if name != "mine"}
    assert after.model_copy(update={"run": after.run.model_copy(update=run), "datasets": catalogue}) == before
    kept = [line for line in path.read_text().splitlines() if line in PARAMS_TEXT.splitlines()]
    assert len(kept) >= len(PARAMS_TEXT.splitlines()) - 2, "comments stay, and so does how the rest is written"


@pytest.mark.parametrize(
    "written",
    [
        "[sentences, even_pairs]",
        "\n    - sentences # one\n    - even_pairs\n",
        "\n  - sentences\n  - even_pairs",
    ],
    ids=["in brackets", "in lines", "in lines as PyYAML writes them"],
)
def test_lists_are_replaced_however_they_are_written(path: Path, written: str) -> None:
    path.write_text(PARAMS_TEXT.replace("[sentences, even_pairs]", written))
    enter(path, "mine", ENTRY)
    assert load_params(path).run.datasets == ("mine",)
    assert load_params(path).run.models == tuple(yaml.safe_load(PARAMS_TEXT)["run"]["models"])


def test_a_link_stays_one_and_its_file_is_edited(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    enter(link, "mine", ENTRY)
    assert link.is_symlink()
    assert load_params(path).run.datasets == ("mine",)


def test_what_is_printed_can_be_put_there_by_hand(path: Path) -> None:
    entry, run = entry_as_yaml("mine", ENTRY).split("\n\n")[1::2]
    content = yaml.safe_load(PARAMS_TEXT)
    content["datasets"] |= yaml.safe_load(entry)
    content["run"] |= yaml.safe_load(run)
    path.write_text(yaml.safe_dump(content))
    assert load_params(path).run.datasets == ("mine",)
    # As it is printed it fits between the lines of the file.
    path.write_text(PARAMS_TEXT.replace("\n  sentences:", f"\n{entry}\n  sentences:", 1))
    assert load_params(path).dataset("mine").model_dump(exclude_unset=True) == ENTRY


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sentences", "--add sentences: {} has a dataset of this name; give another, or edit it there"),
        ("../x", "--add ../x: give a name of up to 64 letters, digits and _, the first not _"),
    ],
)
def test_a_name_that_cannot_be_is_refused(path: Path, name: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        enter(path, name, ENTRY)
    assert str(caught.value) == message.format(path)
    assert path.read_text() == PARAMS_TEXT


def test_a_catalogue_in_braces_is_left_alone(path: Path) -> None:
    content = yaml.safe_load(PARAMS_TEXT)
    path.write_text(yaml.safe_dump(content, default_flow_style=True))
    with pytest.raises(UserError, match="datasets: is written in braces; write an entry a line, or add mine by hand"):
        enter(path, "mine", ENTRY)
