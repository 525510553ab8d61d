"""A run builds everything anew when a seed has changed: its rows decide what marts hold."""

from pathlib import Path

from weir.project.code import digest


def test_a_changed_seed_is_changed_code(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    seed = tmp_path / "seeds" / "exchange_rates.csv"
    seed.write_text("month,currency,units_per_eur\n2026-01-01,USD,1.10\n")
    before = digest(tmp_path)
    seed.write_text("month,currency,units_per_eur\n2026-01-01,USD,1.20\n")
    rows = digest(tmp_path)
    seed.write_text("month,currency,units_per_eur,origin\n2026-01-01,USD,1.20,a bank\n")
    assert len({before, rows, digest(tmp_path)}) == 3


def test_a_new_question_is_no_changed_code(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text('model-paths: ["models"]\nanalysis-paths: ["analyses"]\n')
    before = digest(tmp_path)
    (tmp_path / "analyses").mkdir()
    (tmp_path / "analyses" / "mrr.sql").write_text("-- How much MRR is there?\nselect 1\n")
    assert digest(tmp_path) == before
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mrr.sql").write_text("select 1\n")
    assert digest(tmp_path) != before
