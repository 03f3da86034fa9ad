"""skill-sync: from a rider's practices to a profile with a level for each CASI skill area."""
