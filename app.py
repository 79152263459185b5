"""The drawing window: `python3 app.py` is `inkdigits draw` with nothing but the dependencies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

try:
    from inkdigits.cli import main
except ModuleNotFoundError as error:
    sys.stderr.write(
        f"app.py: The package {error.name!r} is not installed: run  make window  or  "
        "pip install -r requirements.txt\n"
    )
    sys.exit(2)

# Without a display it reads the example drawings instead, so that something is seen anyway.
examples = Path(sys.argv[0]).parent / "examples"
main(["draw", "--or-recognize", str(examples), *sys.argv[1:]], prog_name="app.py")
