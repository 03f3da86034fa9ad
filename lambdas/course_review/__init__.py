"""course-review: from a rider's review, by way of a screening and a moderator, to its course's rank in the resort."""
