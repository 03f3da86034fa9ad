"""The platform's matching service: one API over the durable workflow, or over a background task and Redis."""
