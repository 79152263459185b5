"""Training: a YAML recipe in, a model folder with its report out (needs the extra `train`).

Importing this package, or `inkdigits.training.config`, imports neither Keras nor TensorFlow, but it
makes sure that all that the extra brings is there, lest it be missed after the last epoch.
"""

from inkdigits.extras import require

# What is imported here or below, and the name under which it is installed. TensorFlow is not among
# them: Keras can have another backend, and says itself where that is missing.
NEEDED = {
    "keras": "keras",
    "matplotlib": "matplotlib",
    "onnx": "onnx",
    "pooch": "pooch",
    "pyarrow": "pyarrow",
    "pydantic": "pydantic",
    "sklearn": "scikit-learn",
    "tf2onnx": "tf2onnx",
    "yaml": "PyYAML",
}

require("train", NEEDED)
