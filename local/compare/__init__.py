"""What `make compare` shows: the same searches through the durable workflow, and through a background task and Redis,
while the service in front of both is killed.
"""
