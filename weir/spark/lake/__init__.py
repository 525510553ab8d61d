"""The lake: raw and small tables as Parquet, by which the warehouse and Spark meet."""
