"""The mark of tests that only the long form of the suite runs."""

import os

import pytest

IS_LONG = os.environ.get("WEIR_TEST_SPARK") == "all"
only_long = pytest.mark.skipif(not IS_LONG, reason="in the long form alone: WEIR_TEST_SPARK=all")
