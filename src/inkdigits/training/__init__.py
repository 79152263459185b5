"""Training: a YAML recipe in, a model folder with its report out (needs the extra `train`).

Importing this package, or `inkdigits.training.config`, imports neither Keras nor TensorFlow, but it
makes sure that all that the extra brings is there, lest it be missed after the last epoch.
"""

import importlib.util
import sys

from inkdigits.errors import MissingExtra

# What is imported here or below, and the name under which it is installed. TensorFlow is not among
# them: Keras can have another backend, and says itself where that is missing.
NEEDED = {
    "keras": "keras",
    "matplotlib": "matplotlib",
    "onnx": "onnx",
    "pooch": "pooch",
    "pydantic": "pydantic",
    "sklearn": "scikit-learn",
    "tf2onnx": "tf2onnx",
    "yaml": "PyYAML",
}

for _module, _package in NEEDED.items():
    if sys.modules.get(_module) is None and importlib.util.find_spec(_module) is None:
        raise MissingExtra("train", _package)
