"""The drawing window: `python3 app.py` is `inkdigits draw` with nothing but the dependencies."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "src"))

from inkdigits.cli import main  # noqa: E402

# Without a display it reads the example drawings instead, so that something is seen anyway.
main(["draw", "--or-recognize", str(HERE / "examples"), *sys.argv[1:]], prog_name="app.py")
