"""A trained classifier as an MLflow model: takes texts, returns labels and probabilities.

MLflow keeps a copy of this file with the model and runs it where the model is loaded ("models from code"), so that no
Python object is pickled. The model also brings the modules of timeshare that it needs, in an archive: no package index
has them, and what an index has under that name is a stranger's.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext
from pydantic import BaseModel

ARCHIVE = "timeshare.zip"

# Beside an installed timeshare, which has all modules, the archive would hide the others. MLflow has put the archive's
# folder on the path.
if find_spec("timeshare") is None:
    sys.path += [str(archive) for entry in sys.path if (archive := Path(entry) / ARCHIVE).is_file()]

from timeshare.evaluate.text_classifier import load_text_classifier  # noqa: E402


class Prediction(BaseModel):
    """What the model says of one text."""

    label: str
    probabilities: dict[str, float]


class ServedClassifier(PythonModel):  # type: ignore[misc] # mlflow has no types
    """Labels texts; MLflow reads the signature from the types of `predict`, and refuses other input by them."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model and the vocabulary from the MLflow model's own folder."""
        folder = Path(context.artifacts["model"])
        self._classifier = load_text_classifier(folder, folder)

    def predict(
        self, context: PythonModelContext, model_input: list[str], params: dict[str, str] | None = None
    ) -> list[Prediction]:
        """Label texts.

        Args:
            context: MLflow's; not used.
            model_input: the texts.
            params: MLflow's; there are none.
        Raises:
            MlflowException: a text has no token; a server answers 400 with the message.
        """
        if not model_input:
            return []
        try:
            probabilities = self._classifier(model_input)
        except ValueError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from None
        classes = self._classifier.classes
        return [
            Prediction(label=classes[int(row.argmax())], probabilities=dict(zip(classes, row.tolist(), strict=True)))
            for row in probabilities
        ]


set_model(ServedClassifier())
