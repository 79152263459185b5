"""The drawing window: `python3 app.py` is `inkdigits draw` with nothing but the dependencies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from inkdigits.cli import main

# Without a display it reads the example drawings instead, so that something is seen anyway.
examples = Path(sys.argv[0]).parent / "examples"
main(["draw", "--or-recognize", str(examples), *sys.argv[1:]], prog_name="app.py")
