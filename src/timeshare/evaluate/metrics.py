"""All metrics that follow from one trained model's predictions."""

from timeshare.evaluate.generalisation import length_metrics, position_metrics
from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.reordering import moved_metrics, order_metrics, shuffle_metrics


def all_metrics(predictions: Predictions) -> dict[str, float]:
    """Every metric that the data allows, by its name in report/summary.json; what it does not allow is absent."""
    test, train = predictions.of("test"), predictions.of("train")
    accuracy, train_accuracy = float(test.right.mean()), float(train.right.mean())
    return {
        "accuracy": accuracy,
        "train_accuracy": train_accuracy,
        "overfit": train_accuracy - accuracy,
        **order_metrics(predictions),
        **moved_metrics(predictions),
        **shuffle_metrics(predictions),
        **length_metrics(predictions),
        **position_metrics(predictions),
    }
