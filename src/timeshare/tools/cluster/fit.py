"""One fit of a search on a worker."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dvc.repo import Repo

from timeshare.core.arithmetic import settle
from timeshare.core.config.errors import UserError
from timeshare.core.progress import noting
from timeshare.params import load_params
from timeshare.pipeline.tune import to_be_tuned
from timeshare.tools.cluster.place import main
from timeshare.tools.cluster.remote import Objects


def run(repo: Repo, objects: Objects, body: Mapping[str, Any]) -> dict[str, Any]:
    """Do a fit whose inputs are laid out.

    Returns:
        outcome: what it came to.
    Raises:
        UserError: it would be another fit here than the head means.
    """
    params = load_params()
    settle(params.trainer.arithmetic)
    # Not at the top: they import torch, which must come after that.
    from timeshare.core.prepared.store import PreparedData
    from timeshare.tuning.search import carry_out, checkpoints_of

    members, _ = to_be_tuned(params, [(body["dataset"], body["model"])])
    if [member.key for member in members] != [body["key"]]:
        raise UserError("its inputs are others here than at the head; install the same timeshare on both")
    (member,) = members
    data = PreparedData.open(member.prepared, ("train", "valid"))
    outcome = carry_out(member, body["name"], body["settings"], body["seed"], data, noting())
    shutil.rmtree(checkpoints_of(member, body["name"]), ignore_errors=True)
    return {"outcome": asdict(outcome)}


if __name__ == "__main__":
    main(run)
