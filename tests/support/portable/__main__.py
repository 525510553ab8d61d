"""Prints what only one engine knows in the project's models, tests and predicates; exit code 1 where there is any.

Alone: `python -m tests.support.portable`.
"""

import sys
from pathlib import Path

from tests.support.portable.files import faults

if __name__ == "__main__":
    found = faults(Path(__file__).resolve().parents[3])
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    sys.exit(bool(found))
