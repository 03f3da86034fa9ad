"""What the embedded analyser knows of reading: quotes, names, places, looks, scenes and panels, in four languages."""
