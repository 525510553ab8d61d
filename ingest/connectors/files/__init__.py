"""Files in a folder or a bucket as a source: CSV, JSON, Parquet, XLSX."""
