"""Training: `python3 train_model.py` is `inkdigits train configs/original.yaml`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "src"))

try:
    from inkdigits.cli import main
except ModuleNotFoundError as error:
    sys.stderr.write(
        f"train_model.py: The package {error.name!r} is not installed: run  make train  or  pip "
        "install -r requirements-dev.txt\n"
    )
    sys.exit(2)

arguments = sys.argv[1:]  # which may name another recipe
if not any(argument.lower().endswith((".yaml", ".yml")) for argument in arguments):
    arguments.insert(0, str(HERE / "configs" / "original.yaml"))
main(["train", *arguments], prog_name="train_model.py")
