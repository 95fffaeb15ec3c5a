"""MLflow as a mirror of what the stages do, never in their way.

A stage records into a spool of files (`Tracker`); one sender a project follows the spool and talks to the server. Of
these modules `dispatch`, `server`, `model` and `registry` import mlflow (2.5 s); a stage imports none of them.
"""
