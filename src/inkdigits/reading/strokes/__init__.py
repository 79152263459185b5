"""From pen strokes to texts: which strokes are a digit together, and which."""
