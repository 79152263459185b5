"""Training: a YAML recipe in, a model folder with its report out (needs the extra `train`).

Importing this package, or `inkdigits.training.config`, imports neither Keras nor TensorFlow.
"""
