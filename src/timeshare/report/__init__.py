"""The kit of the report: reading results, statistics, wording, tables, figures, the page."""
