"""Whole numbers: where they stand, what they say, and how sure that is."""
