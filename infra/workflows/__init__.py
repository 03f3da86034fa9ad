"""One stack per workflow: what its steps may touch, and their settings."""
