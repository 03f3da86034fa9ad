"""The public API: one Lambda per route, as openapi.json lists them. Nothing here holds a right on a task's token."""
