"""The questions of `analyses/`, asked of raw: `raw/` has one file each, `parts/` what they share."""
