"""The commands of access: who may see what, who has seen what, and giving data out."""
