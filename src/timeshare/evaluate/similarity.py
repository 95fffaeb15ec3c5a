"""How alike the weights of a recurrent layer are from step to step: how shared they became."""

import numpy as np
import torch

from timeshare.evaluate.tables import Table
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.encoder import RecurrentEncoder

# More steps are thinned out evenly.
MOST_STEPS = 64


def similarity_table(classifier: SequenceClassifier, num_steps: int) -> tuple[Table, dict[str, float]]:
    """Cosines between the weights that the last layer has at each two steps.

    Args:
        num_steps: steps to compare where the weights have no extent; otherwise all of the extent.
    Returns:
        A row for each ordered pair of steps (0-based), and `weight_similarity`, the mean over different steps. Both are
        empty for models whose weights do not vary with time alone (hyper: they depend on the input), the table also for
        those that share one set.
    """
    columns = ("step_a", "step_b", "similarity")
    if not isinstance(classifier.encoder, RecurrentEncoder) or not classifier.encoder.recurrent.is_function_of_time:
        return Table(columns, []), {}
    recurrent = classifier.encoder.recurrent
    if recurrent.num_sets == 1:
        return Table(columns, []), {"weight_similarity": 1.0}
    with torch.inference_mode():
        similarity = classifier.similarity(recurrent.extent or num_steps).double().numpy()
    total = len(similarity)
    different = similarity[~np.eye(total, dtype=bool)]
    steps = np.unique(np.linspace(0, total - 1, min(total, MOST_STEPS)).round().astype(int)).tolist()
    rows = [(first, second, float(similarity[first, second])) for first in steps for second in steps]
    return Table(columns, rows), {"weight_similarity": float(different.mean())} if total > 1 else {}
