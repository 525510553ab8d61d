"""The local Spark cluster: its Java, jars, settings, processes."""
