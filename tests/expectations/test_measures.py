"""Sums of measures of batches lose no digit, and take infinities."""

from decimal import Decimal

from expectations.limits.measures import _total


def test_sums_keep_every_digit_and_infinities_end_no_gate() -> None:
    large = "12345678901234567890123456789.01"
    assert _total("sum(a)", [{"sum(a)": large}, {"sum(a)": "0.01"}]) == Decimal("12345678901234567890123456789.02")
    ends = [{"sum(a)": "Infinity", "count(a)": "1"}, {"sum(a)": "-Infinity", "count(a)": "1"}]
    for measure in ("sum(a)", "avg(a)"):
        assert _total(measure, ends[:1]) == Decimal("Infinity")
        assert (_total(measure, ends) or Decimal()).is_nan()
    assert _total("sum(a)", [{"sum(a)": None}]) is None
