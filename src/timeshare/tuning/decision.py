"""What the fits of a search come to: which trials go on as finalists, which settings are chosen, and the files."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeshare.core.artifacts import write_csv, write_json
from timeshare.train.settings import TrainSettings
from timeshare.tuning.choice import CHOICE, FINALISTS, TRIALS
from timeshare.tuning.settings import TuningSettings
from timeshare.tuning.trial import Outcome

_FIGURES = ("valid_accuracy", "valid_loss")


def value_of(outcome: Outcome, select: str) -> float | None:
    """The figure that decides, the highest being the best for an accuracy and the lowest for a loss."""
    return outcome.valid_accuracy if select == "valid_accuracy" else outcome.valid_loss


def finalists(trials: Mapping[int, Outcome], count: int, select: str) -> list[int]:
    """The best trials, the best first; of equals the one with the smaller number."""
    complete = [number for number in sorted(trials) if not trials[number].failed]
    return sorted(complete, key=lambda number: _rank([trials[number]], select), reverse=True)[:count]


def _rank(fits: list[Outcome], select: str) -> tuple[float, float]:
    """What is to be the highest: the mean figure that decides, then the other; a fit that failed ranks below all."""
    accuracy, loss = (_mean(fits, name) for name in _FIGURES)
    if accuracy is None or loss is None:
        return (-math.inf, -math.inf)
    return (accuracy, -loss) if select == "valid_accuracy" else (-loss, accuracy)


def _mean(fits: list[Outcome], name: str) -> float | None:
    """The mean of a figure; None if one of the fits has none."""
    values = [getattr(fit, name) for fit in fits]
    return None if None in values else math.fsum(values) / len(values)


@dataclass(frozen=True)
class Result:
    """The fits of a search that are done.

    Attributes:
        tuning: its settings.
        training: what params.yaml says of the member's training, without the choice.
        trials: by number.
        done: those with further seeds, by trial and place of the seed, whichever amounts were asked for.
        guess_accuracy: share of the most frequent class among the validation rows.
    """

    tuning: TuningSettings
    training: TrainSettings
    trials: Mapping[int, Outcome]
    done: Mapping[tuple[int, int], Outcome]
    guess_accuracy: float

    @property
    def again(self) -> dict[tuple[int, int], Mapping[str, Any]]:
        """The settings of the further fits, by trial and place of the seed; none before all trials are done."""
        if len(self.trials) < self.tuning.trials:
            return {}
        best = finalists(self.trials, self.tuning.finalists, self.training.select)
        seeds = range(self.tuning.finalist_seeds)
        return {(number, place): self.trials[number].settings for number in best for place in seeds}

    @property
    def further(self) -> dict[tuple[int, int], Outcome]:
        """Those of the further fits that are done."""
        return {place: self.done[place] for place in self.again if place in self.done}

    @property
    def is_whole(self) -> bool:
        """Whether no fit is left to do."""
        return len(self.trials) == self.tuning.trials and len(self.further) == len(self.again)

    @property
    def winner(self) -> int | None:
        """The trial whose settings are chosen; None where all failed.

        The mean over all fits of a finalist decides, its trial's own among them.
        """
        select = self.training.select
        ranked = finalists(self.trials, max(1, self.tuning.finalists), select)
        # Python's sort keeps the order of equals, here that of the trials alone.
        return max(ranked, key=lambda number: _rank(self._fits(number), select), default=None)

    @property
    def fits(self) -> list[Outcome]:
        """Every fit."""
        return [*self.trials.values(), *self.further.values()]

    def choice(self) -> dict[str, Any]:
        """The content of choice.json."""
        winner = self.winner
        chosen = {} if winner is None else dict(self.trials[winner].settings)
        given = self.training.model_dump(mode="json")
        return {
            "training": chosen,
            "instead_of": {key: given[key] for key in chosen},
            "trial": winner,
            "trials": len(self.trials),
            "tokens": sum(fit.tokens or 0 for fit in self.fits),  # those of a failed one are not known
            "valid_accuracy": None if winner is None else _mean(self._fits(winner), "valid_accuracy"),
            "guess_accuracy": self.guess_accuracy,
        }

    def write(self, folder: Path) -> None:
        """Write the choice and the tables."""
        keys, figures = tuple(self.tuning.space), (*_FIGURES, "best_epoch", "epochs", "tokens")
        rows = (
            (
                number,
                trial.seed,
                *(trial.settings[key] for key in keys),
                "failed" if trial.failed else "complete",
                *(getattr(trial, name) for name in figures),
            )
            for number, trial in sorted(self.trials.items())
        )
        write_csv(folder / TRIALS, ("trial", "seed", *keys, "state", *figures), rows)
        further = (
            (number, fit.seed, *(getattr(fit, name) for name in _FIGURES))
            for (number, _), fit in sorted(self.further.items())
        )
        write_csv(folder / FINALISTS, ("trial", "seed", *_FIGURES), further)
        write_json(folder / CHOICE, self.choice())

    def _fits(self, number: int) -> list[Outcome]:
        return [self.trials[number], *(fit for (of, _), fit in sorted(self.further.items()) if of == number)]
