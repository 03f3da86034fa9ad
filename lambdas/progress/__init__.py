"""Tells people and programs how sessions go, as they go."""
