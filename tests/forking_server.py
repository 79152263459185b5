"""Start a server for each line of standard input, in a process that has all imported already.

    python tests/forking_server.py PORT DATABASE

Each is `inkdigits serve`'s own loop; its process id is printed once it takes connections. The one
before must have ended. Killing a hundred takes seconds so, which starting a hundred would not.
"""

import os
import sys

from inkdigits.web.settings import Settings
from inkdigits.web.waitress_server import run


def main() -> None:
    """Fork a server for each line."""
    port, database = sys.argv[1:]
    settings = Settings.model_validate(
        {"port": int(port), "database_url": database, "rate": 0, "log_level": "error"}
        | {"token": os.environ["INKDIGITS_TOKEN"]}
    )
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            run(settings, lambda _: print(os.getpid(), flush=True))  # noqa: T201
            return
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
