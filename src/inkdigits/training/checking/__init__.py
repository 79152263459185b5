"""Checking labelled data: what is in them, what is wrong with them, and what to do about it."""
