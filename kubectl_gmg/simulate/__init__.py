"""What would happen to a request: which entry point, which host, which route, and what it does."""
