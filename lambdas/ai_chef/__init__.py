"""ai-chef: from a profile to a dish that fits it, priced at the shops."""
