"""One fit of a search on a worker."""

from collections.abc import Mapping
from typing import Any

from dvc.repo import Repo

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.core.progress import noting
from timeshare.params import load_params
from timeshare.pipeline.tune import to_be_tuned
from timeshare.tools.cluster.place import main
from timeshare.tools.cluster.remote import Objects
from timeshare.tuning.search import carry_out


def run(repo: Repo, objects: Objects, body: Mapping[str, Any]) -> dict[str, Any]:
    """Do a fit whose inputs are laid out.

    Returns:
        outcome: what it came to.
    Raises:
        UserError: it would be another fit here than the head means.
    """
    members, _ = to_be_tuned(load_params(), [(body["dataset"], body["model"])])
    if [member.key for member in members] != [body["key"]]:
        raise UserError("its inputs are others here than at the head; install the same timeshare on both")
    data = PreparedData.open(members[0].prepared, ("train", "valid"))
    outcome = carry_out(members[0], body["name"], body["settings"], body["seed"], data, noting())
    return {"outcome": outcome.to_json()}


if __name__ == "__main__":
    main(run)
