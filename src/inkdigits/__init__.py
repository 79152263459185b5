"""Reads handwritten digits: ink in, one 28×28 patch, one model, an answer that knows how sure it is."""

__version__ = "0.1.0"
