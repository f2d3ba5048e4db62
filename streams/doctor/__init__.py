"""What `touchpoint doctor` looks at: everything that must hold before and while a worker runs.

It writes nothing, commits nothing, joins no group. Every check ends in time.
"""

from streams.doctor.examination import examine
from streams.doctor.findings import Finding, State, document, is_good, lines_of

__all__ = ["Finding", "State", "document", "examine", "is_good", "lines_of"]
