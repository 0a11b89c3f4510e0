"""Stable noise: PostgreSQL's hashtextextended, and numbers drawn from it, in Python.

The database writes whole days with `driftcloud_noise` (sql/029_drift.sql); scenarios draw here.
Both give the same number for the same seed, resource and name, on any machine and in any order.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

_MASK = 0xFFFFFFFF


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK


def _mixed(a: int, b: int, c: int) -> tuple[int, int, int]:
    for bits_a, bits_b, bits_c in ((4, 6, 8), (16, 19, 4)):
        a = ((a - c) & _MASK) ^ _rotated(c, bits_a)
        c = (c + b) & _MASK
        b = ((b - a) & _MASK) ^ _rotated(a, bits_b)
        a = (a + c) & _MASK
        c = ((c - b) & _MASK) ^ _rotated(b, bits_c)
        b = (b + a) & _MASK
    return a, b, c


def _final(a: int, b: int, c: int) -> tuple[int, int]:
    c = ((c ^ b) - _rotated(b, 14)) & _MASK
    a = ((a ^ c) - _rotated(c, 11)) & _MASK
    b = ((b ^ a) - _rotated(a, 25)) & _MASK
    c = ((c ^ b) - _rotated(b, 16)) & _MASK
    a = ((a ^ c) - _rotated(c, 4)) & _MASK
    b = ((b ^ a) - _rotated(a, 14)) & _MASK
    c = ((c ^ b) - _rotated(b, 24)) & _MASK
    return b, c


def text_hash(text: str, seed: int) -> int:
    """`hashtextextended(text, seed)`: a signed 64-bit integer (PostgreSQL's hash_bytes_extended)."""
    key = text.encode()
    a = b = c = (0x9E3779B9 + len(key) + 3923095) & _MASK
    if seed:
        a = (a + ((seed >> 32) & _MASK)) & _MASK
        b = (b + (seed & _MASK)) & _MASK
        a, b, c = _mixed(a, b, c)
    whole = len(key) - len(key) % 12
    for at in range(0, whole, 12):
        a = (a + int.from_bytes(key[at : at + 4], "little")) & _MASK
        b = (b + int.from_bytes(key[at + 4 : at + 8], "little")) & _MASK
        c = (c + int.from_bytes(key[at + 8 : at + 12], "little")) & _MASK
        a, b, c = _mixed(a, b, c)
    rest = key[whole:]
    a = (a + int.from_bytes(rest[:4], "little")) & _MASK
    b = (b + int.from_bytes(rest[4:8], "little")) & _MASK
    # the lowest byte of c is kept for the length
    c = (c + (int.from_bytes(rest[8:], "little") << 8)) & _MASK
    high, low = _final(a, b, c)
    unsigned = (high << 32) | low
    return unsigned - (1 << 64) if unsigned >> 63 else unsigned


def noise(seed: int, resource_id: str, name: str) -> float:
    """`driftcloud_noise`: a number in [0, 1)."""
    return ((text_hash(resource_id + name, seed) >> 11) & 0x1FFFFFFFFFFFFF) / 9007199254740992.0


def hexadecimal(seed: int, name: str, digits: int = 17) -> str:
    """`digits` lower-case hexadecimal digits, as AWS ids end in (i-, vol-: 17 digits)."""
    words = (text_hash(f"{name}#{part}", seed) & 0xFFFFFFFFFFFFFFFF for part in range(4))
    return "".join(f"{word:016x}" for word in words)[:digits]
