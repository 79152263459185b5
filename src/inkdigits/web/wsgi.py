"""`app` for servers that take the name of a WSGI app; set up by `INKDIGITS_*` variables."""

import os

from inkdigits.web.app import create_app
from inkdigits.web.settings import from_environment

app = create_app(from_environment(os.environ))
