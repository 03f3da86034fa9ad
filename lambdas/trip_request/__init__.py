"""trip-request: from a request to join a trip, by way of its owner's word, to an answer that both sides are told."""
