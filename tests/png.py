"""A picture made small enough for a repository: its 256 commonest colours, deflated as far as it goes.

Reference
---------
W3C. 2003. Portable Network Graphics (PNG) Specification, second edition. Sections 5, 9 and 11.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _PALETTE = 2, 3
_COLOURS = 256

Bytes = NDArray[np.uint8]


def slim(image: bytes) -> bytes:
    """Return a PNG of 8-bit RGB, as Chromium writes it, as one with a palette."""
    chunks = list(_chunks(image))
    width, height, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, kind, interlaced) == (8, _RGB, 0)
    packed = b"".join(body for name, body in chunks if name == b"IDAT")
    pixels = _unfiltered(zlib.decompress(packed), width, height)
    colours, which, count = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    palette = colours[np.argsort(-count, kind="stable")[:_COLOURS]]
    away = (colours[:, None, :].astype(int) - palette[None, :, :].astype(int)) ** 2
    index = away.sum(axis=2).argmin(axis=1).astype(np.uint8)[which.reshape(height, width)]
    rows = np.concatenate([np.zeros((height, 1), np.uint8), index], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, _PALETTE, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 9)
    parts = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", body), (b"IEND", b""))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(part)) + name + part + struct.pack(">I", zlib.crc32(name + part))
        for name, part in parts
    )


def _chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert image.startswith(_SIGNATURE)
    at = len(_SIGNATURE)
    while at < len(image):
        (length,) = struct.unpack_from(">I", image, at)
        yield image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        at += 12 + length


def _unfiltered(raw: bytes, width: int, height: int) -> Bytes:
    """Return the pixels: uint8[pixels, 3]."""
    rows = np.frombuffer(raw, np.uint8).reshape(height, 1 + 3 * width)
    done = np.zeros((height + 1, width + 1, 3), np.uint8)
    for number, row in enumerate(rows, start=1):
        told, above = row[1:].reshape(width, 3), done[number - 1]
        match int(row[0]):
            case 0:
                done[number, 1:] = told
            case 1:
                done[number, 1:] = np.cumsum(told, axis=0, dtype=np.uint8)
            case 2:
                done[number, 1:] = told + above[1:]
            case by:
                _unfilter(by, told, above, done[number])
    return done[1:, 1:].reshape(-1, 3)


def _unfilter(by: int, told: Bytes, above: Bytes, row: Bytes) -> None:
    """Undo a filter that looks at the pixel to the left as well: 3 its mean with the one above, 4 Paeth's."""
    over, here = above.astype(int).tolist(), [[0, 0, 0]]
    for at, pixel in enumerate(told.tolist(), start=1):
        guess = [
            (left + up) // 2 if by == 3 else _paeth(left, up, corner)
            for left, up, corner in zip(here[-1], over[at], over[at - 1], strict=True)
        ]
        here.append([(one + other) % 256 for one, other in zip(pixel, guess, strict=True)])
    row[:] = here


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((abs(guess - one), order, one) for order, one in enumerate((left, up, corner)))[2]
