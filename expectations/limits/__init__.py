"""The limits of the suites, computed from what was usual in earlier runs."""
