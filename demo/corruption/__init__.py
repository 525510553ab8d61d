"""What is wrong in the demo's data, on purpose and written down."""
