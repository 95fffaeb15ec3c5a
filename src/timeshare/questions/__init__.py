"""The questions of the report, each in a folder of its own: its record, settings, study, answer and figures."""
