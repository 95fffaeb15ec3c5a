"""`timeshare tune`: as a stage or at once, on this machine or on a cluster."""

from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.pipeline import tune


def main(
    dataset: str | None = None,
    model: str | None = None,
    now: bool = False,
    jobs: int = 1,
    cluster: str | None = None,
) -> None:
    """Tune one member as the stage, or some now.

    Args:
        dataset: of the member; None, with `now`: all of the run.
        model: the same.
        now: do it whether or not `tuning.frozen` is set.
        jobs: processes side by side on this machine.
        cluster: the address of a Dask scheduler, on whose workers the fits run; None: they run here.
    Raises:
        UserError: there is no such member, or what is in the way of tuning it.
    """
    params = load_params()
    if cluster is None:
        tune.main(params, dataset, model, now, jobs)
        return
    if not now:
        raise UserError(f"--cluster: goes with --now; `timeshare repro --cluster {cluster}` runs the stage on a worker")
    members, write = tune.to_be_tuned(params, tune.members_named(params, dataset, model))
    if members:
        # Not at the top: its engine is an extra of the package.
        from timeshare.tools.cluster.tuning import tune_on

        tune_on(cluster, params.tracking, members, write)
