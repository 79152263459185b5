"""Training: `python3 train_model.py` is `inkdigits train configs/original.yaml`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "src"))

from inkdigits.cli import main  # noqa: E402

main(["train", str(HERE / "configs" / "original.yaml"), *sys.argv[1:]], prog_name="train_model.py")
