"""Landing: sources -> raw. Knows dlt; knows nothing of Prefect, Great Expectations or the models.

land.py lands what is declared (weir/project/sources.py), verify.py compares raw with the sources.
"""
