"""What is usual: the limits against which the suites judge."""
