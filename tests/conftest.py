"""What holds for all tests."""

import os

# Before torch is imported, here and in what the tests start: tests that run side by side share the cores by processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

# The same examples in every run, and no limit on the time of one: a machine at work elsewhere fails no test.
settings.register_profile("timeshare", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("timeshare")
