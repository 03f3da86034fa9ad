"""What every step shares: the session record, the life of a step, errors, settings and logs."""
