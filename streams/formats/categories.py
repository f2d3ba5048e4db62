"""Issue types are categories and are shown as they come, so what is no category must not get in as one."""

import re
from functools import lru_cache
from typing import Final

from models.closing import OTHER

_MAIL: Final = re.compile(r"\S@\S+\.\w")
_TELEPHONE: Final = re.compile(
    r"(?<!\w)(?:"
    r"(?:\+|00)\d(?:[ ()./-]{0,2}\d){7,13}"  # +32 (0)470 12 34 56
    r"|\(?0\d{1,4}\)?(?:[ ./-]?\d){6,9}"  # 0470/12.34.56, (020) 7946 0018
    r"|\(?[2-9]\d\d\)?[ .-]{1,2}\d{3}[ .-]\d{4}"  # (555) 010-4477
    r")(?!\w)"
)


@lru_cache(maxsize=4_096)
def category(issue_type: str) -> str:
    """Return the issue type, or "other" for one that holds an e-mail address or a telephone number."""
    personal = _MAIL.search(issue_type) or _TELEPHONE.search(issue_type)
    return OTHER if personal else issue_type
