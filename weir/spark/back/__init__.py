"""The way back: what Spark has built, in the warehouse."""
