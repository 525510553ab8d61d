"""The pages, and the programs that make and check them."""
