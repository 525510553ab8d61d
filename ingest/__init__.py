"""Landing: sources -> raw. Knows dlt; knows nothing of Prefect, Great Expectations or the models.

plan.py reads what is declared, land.py lands it, verify.py compares raw with the sources.
"""
