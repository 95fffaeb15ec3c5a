"""What holds for all tests."""

from hypothesis import settings

# The same examples in every run, and no limit on the time of one: a machine at work elsewhere fails no test.
settings.register_profile("timeshare", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("timeshare")
