"""The original as a web server, as a learner writes it: Flask, and `model.predict` on each drawing.

    python benchmarks/predict_server.py MODEL.keras PORT

It takes the strokes that `inkdigits serve` takes, draws them on a canvas of 400×400, and answers
with digit and confidence. waitress serves it, which is in its favour.
"""

import sys
from pathlib import Path
from typing import Any

import original
import waitress
from drawing import draw
from flask import Flask, request


def create_app(network: Path) -> Flask:
    """Make the app of a trained network."""
    app = Flask(__name__)
    model = original.load(network)

    @app.post("/api/v1/recognize")
    def recognize() -> dict[str, Any]:
        canvas = draw(request.get_json()["strokes"])
        digit, confidence = original.predict(model, canvas)
        return {"label": str(digit), "confidence": confidence}

    return app


if __name__ == "__main__":
    waitress.serve(create_app(Path(sys.argv[1])), port=int(sys.argv[2]), _quiet=True)
