"""OpenAPI documents: reads one, finds its listings, and proposes how to read them."""
