"""`python -m timeshare`."""

from timeshare.cli import main

main()
