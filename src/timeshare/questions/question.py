"""What a question is. The page, the study stage, the settings of params.yaml and the tests follow from its record."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

from timeshare.questions.settings import StudySettings


@dataclass(frozen=True)
class Question:
    """A question of the report. Its code is imported only when it is asked, since params.yaml needs the record alone.

    Attributes:
        package: where its code is: `answer.answer`, and `study.run` if it has a study.
        id: what the page calls it.
        text: in plain words.
        method: how it is measured.
        keys: parameters that would change the answer.
        settings: those of its study, whose `study` names it; None: the members of the run answer it.
        without_study: what becomes of it in a run that did not make its study: the members of the run answer it all the
            same, the page says what is missing, or it is not asked.
    """

    package: str
    id: str
    text: str
    method: str
    keys: Sequence[str]
    settings: type[StudySettings] | None = None
    without_study: Literal["answered", "missing", "not asked"] = "missing"

    @property
    def study(self) -> str | None:
        """What `study` is in the settings of its study."""
        return get_args(self.settings.model_fields["study"].annotation)[0] if self.settings else None

    def run_study(self, settings: StudySettings, folder: Path) -> None:
        """Run its study, which writes its tables and summary.json into an empty folder."""
        import_module(f"{self.package}.study").run(settings, folder)
