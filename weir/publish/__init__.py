"""Publication: readers' marts become the next set, and can be taken back."""
