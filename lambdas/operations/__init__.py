"""What no workflow owns."""
