#!/bin/sh
# Installs the server into a virtual environment: what the Dockerfile does, and what anyone does
# who has no container engine.
#
#   deploy/install.sh FOLDER
#
# FOLDER gets the environment. Run it in a checkout, with Python 3.11 to 3.13 as `python3` or $PYTHON.
set -eu

folder=${1:?"usage: deploy/install.sh FOLDER"}
checkout=$(dirname "$0")/..

"${PYTHON:-python3}" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --no-compile --requirement "$checkout/requirements-web.txt"
"$folder/bin/python" -m pip install --quiet --no-compile --no-deps "$checkout"
"$folder/bin/inkdigits" --version
