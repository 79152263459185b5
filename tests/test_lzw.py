"""Files of Unix's compress: read as gzip reads them, whatever is in them."""

import shutil
import subprocess

import numpy as np
import pytest
from compressing import compress
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import DataUnavailable
from inkdigits.training.lzw import uncompress

contents = st.binary(max_size=3000) | st.binary(max_size=3).map(lambda part: part * 4000)


@given(contents, st.integers(10, 16), st.booleans())
def test_what_is_compressed_comes_back(data: bytes, widest: int, clears: bool) -> None:
    assert uncompress(compress(data, widest, clears)) == data


@pytest.mark.skipif(shutil.which("gzip") is None, reason="compares with gzip")
@pytest.mark.parametrize(("widest", "clears"), [(16, True), (12, True), (10, True), (13, False)])
def test_gzip_reads_the_same(widest: int, clears: bool) -> None:
    rng = np.random.default_rng(1)
    words = rng.choice(np.frombuffer(b" 0123456789\n", np.uint8), (300, 7))
    data = words[rng.integers(0, 300, 30_000)].tobytes()  # codes of all widths, full tables
    packed = compress(data, widest, clears)
    done = subprocess.run(["gzip", "-dc"], input=packed, capture_output=True, check=True)
    assert done.stdout == data
    assert uncompress(packed) == data


@pytest.mark.parametrize(
    "data", [b"", b"\x1f\x9d", b"\x1f\x8b\x08", b"\x1f\x9d\x09", b"\x1f\x9d\x91"]
)
def test_what_is_no_such_file_is_told(data: bytes) -> None:
    with pytest.raises(DataUnavailable, match=r"a\.Z is not compressed by Unix's compress"):
        uncompress(data, "a.Z")


def test_a_code_that_cannot_be_is_told() -> None:
    with pytest.raises(DataUnavailable, match=r"a\.Z is damaged at byte 4"):
        uncompress(b"\x1f\x9d\x90\xff\xff\xff", "a.Z")


def test_more_than_is_expected_is_refused() -> None:
    with pytest.raises(DataUnavailable, match=r"a\.Z holds more than 99 bytes"):
        uncompress(compress(bytes(100)), "a.Z", limit=99)
    assert uncompress(compress(bytes(99)), limit=99) == bytes(99)


@given(st.binary(max_size=200), st.integers(10, 16), st.booleans())
def test_any_bytes_are_read_or_refused(data: bytes, widest: int, clears: bool) -> None:
    try:
        uncompress(bytes([0x1F, 0x9D, widest | clears << 7]) + data)
    except DataUnavailable as error:
        assert "damaged" in str(error)  # noqa: PT017 (it need not fail)
