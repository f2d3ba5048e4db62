"""How property tests run: no deadline (machines differ), and where CI is set the same examples every time."""

import os

from hypothesis import settings

settings.register_profile(
    "touchpoint",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",  # a red build must be red again on the next run
    print_blob=True,
)
settings.load_profile("touchpoint")
