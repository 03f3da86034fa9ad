"""gear-reminder: from what a member is to be reminded of, to a notification when it is due, once or repeatedly."""
