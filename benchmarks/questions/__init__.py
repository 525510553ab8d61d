"""The questions of `analyses/`, asked of the source tables as landed: `raw/` has one file each, `parts/` what they share."""
