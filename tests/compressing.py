"""A small writer of `.Z` files, as Unix's compress writes them; gzip checks it in the tests."""


class _Codes:
    """Codes of growing width, in groups of eight."""

    def __init__(self, widest: int) -> None:
        self.out = bytearray()
        self.width, self._widest = 9, widest
        self._bits, self._count, self._in_group = 0, 0, 0

    def put(self, code: int) -> None:
        self._bits |= code << self._count
        self._count += self.width
        self._in_group = (self._in_group + 1) % 8
        while self._count >= 8:
            self.out.append(self._bits & 0xFF)
            self._bits >>= 8
            self._count -= 8

    def end_group(self) -> None:
        while self._in_group:
            self.put(0)

    def widen(self, entries: int) -> None:
        """Widen when the reader has so many entries that a new one would not fit."""
        if entries >= 1 << self.width and self.width < self._widest:
            self.end_group()
            self.width += 1

    def end(self) -> bytes:
        if self._count:
            self.out.append(self._bits & 0xFF)
        return bytes(self.out)


def compress(data: bytes, widest: int = 16, clears: bool = True) -> bytes:
    """Compress by LZW with codes of 9 to `widest` bits; a full table is emptied, or kept."""
    singles = {bytes([value]): value for value in range(256)}
    first = 257 if clears else 256
    codes, table, following = _Codes(widest), dict(singles), first
    entries, fresh = first, True  # entries that the reader has: one less than we
    word = b""
    for value in data:
        longer = word + bytes([value])
        if longer in table:
            word = longer
            continue
        codes.put(table[word])
        entries += not fresh and entries < 1 << widest
        fresh = False
        codes.widen(entries)
        if following < 1 << widest:
            table[longer] = following
            following += 1
        elif clears:
            codes.put(256)
            codes.end_group()
            codes.width, table, following = 9, dict(singles), first
            entries, fresh = first, True
        word = bytes([value])
    if word:
        codes.put(table[word])
    return bytes([0x1F, 0x9D, widest | clears << 7]) + codes.end()
