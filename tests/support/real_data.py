"""The data sets that nobody here wrote: where they lie, and the mark of the tests that need them."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("WEIR_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")
needs_data = pytest.mark.real_data
