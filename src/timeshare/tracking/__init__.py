"""MLflow as a mirror of what the stages do, never in their way.

A stage records into a spool of files (`tracker`); one sender a project follows the spool and talks to the server. Of
these modules `dispatch`, `server`, `model` and `registry` import mlflow (2.5 s); what a stage imports does not.
"""

import os

# mlflow looks at these while it is imported, and any module here that imports it comes after.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
