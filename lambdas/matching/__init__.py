"""matching: from a rider's search to ranked buddies or coaches, reviewed by an outside vendor where that is wanted."""
