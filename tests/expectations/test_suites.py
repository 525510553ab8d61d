"""The files of expectations/suites: each of them counts, and one that says no rules is refused."""

import subprocess
import sys
from pathlib import Path

from weir.core.settings import ROOT

PROGRAM = """
import sys
import expectations.suites
expectations.suites.__path__.append(sys.argv[1])
from expectations.suites.marts import MEANS, SUITES
print(sorted(rule.name for rule in SUITES["fct_new"]), len(SUITES["dim_users"]), MEANS["fct_new"])
"""


def suites(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "support.py").write_text(text)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_a_file_that_a_person_adds_counts(tmp_path: Path) -> None:
    done = suites(
        tmp_path,
        "from expectations.rules import in_range\n"
        "SUITES = {'fct_new': (in_range('rows', 0, 9),), 'dim_users': (in_range('age', 0, 99),)}\n"
        "MEANS = {'fct_new': {'rows': 2.0}}\n",
    )
    assert done.stdout == "['range of rows'] 2 {'rows': 2.0}\n", done.stderr


def test_a_file_without_rules_is_refused_by_name(tmp_path: Path) -> None:
    assert "expectations/suites/support.py has no SUITES" in suites(tmp_path, "RULES = {}\n").stderr
