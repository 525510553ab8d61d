"""Access: who may see what, who has seen what, personal data, and data that are given out."""
