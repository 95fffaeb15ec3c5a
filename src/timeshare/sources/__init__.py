"""Where data comes from: a folder for each source, and one table of them (`table`)."""
