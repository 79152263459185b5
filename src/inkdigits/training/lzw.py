"""Reading `.Z` files, which Unix's `compress` wrote: LZW with codes that grow from 9 to 16 bits.

Source: T. A. Welch, "A technique for high-performance data compression", Computer 17(6), 1984, in
the form of `compress` 4.0: codes lie in groups of eight, what is left of a group is skipped where
the width changes, and code 256 empties the table.
"""

from inkdigits.errors import DataUnavailable

MAX_BYTES = 64 * 2**20

_MAGIC = b"\x1f\x9d"
_CLEAR = 256
_FIRST_BITS = 9


def uncompress(data: bytes, called: str = "The .Z file", limit: int = MAX_BYTES) -> bytes:
    """Decompress what `compress` made.

    Raises:
        DataUnavailable: it is no such file, is damaged, or holds more than `limit` bytes.
    """
    if data[:2] != _MAGIC or len(data) < 3 or not _FIRST_BITS < data[2] & 0x1F <= 16:
        raise DataUnavailable(f"{called} is not compressed by Unix's compress.")
    widest, clears = data[2] & 0x1F, bool(data[2] & 0x80)
    first = _CLEAR + 1 if clears else _CLEAR
    table = [bytes([value]) for value in range(256)] + [b""] * (first - 256)
    out = bytearray()
    width, group, bit = (
        _FIRST_BITS,
        24,
        24,
    )  # bits: where this width's groups start, and the next code
    last = b""
    while True:
        if len(table) >= 1 << width and width < widest:
            bit = group = _next_group(group, bit, width)
            width += 1
        if bit + width > 8 * len(data):
            return bytes(out)
        code = int.from_bytes(data[bit // 8 : bit // 8 + 4], "little") >> bit % 8 & (1 << width) - 1
        bit += width
        if code == _CLEAR and clears:
            del table[first:]
            bit = group = _next_group(group, bit, width)
            width, last = _FIRST_BITS, b""
            continue
        if code > len(table) or (code == len(table) and not last):
            raise DataUnavailable(f"{called} is damaged at byte {bit // 8}.")
        entry = table[code] if code < len(table) else last + last[:1]
        out += entry
        if len(out) > limit:
            raise DataUnavailable(f"{called} holds more than {limit} bytes.")
        if last and len(table) < 1 << widest:
            table.append(last + entry[:1])
        last = entry


def _next_group(group: int, bit: int, width: int) -> int:
    """Where the group of eight codes ends in which the last code lay."""
    size = 8 * width
    return group + -(-(bit - group) // size) * size
