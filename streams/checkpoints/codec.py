"""The judge's state as bytes, and back to the bit.

A tree in msgpack in which every array is compressed on its own, so that neither way holds a second copy of
the whole; then the SHA-256 of all that. A program that writes it otherwise counts `models.state.FORMAT` up.
"""

from collections.abc import Mapping
from hashlib import sha256
from math import prod
from typing import Any, Final

import cramjam
import msgspec
import numpy as np
from msgspec import Struct
from msgspec.msgpack import Ext
from numpy.typing import NDArray

from models.errors import CheckpointError
from models.state import State

_ARRAY: Final = 1
"""Type of the msgpack extension that an array is."""
_LEVEL: Final = 1
"""Of zstd: higher ones take longer and do not make hashes smaller."""
_RATIO_MAX: Final = 32_768
"""Four bytes of zstd stand for at most a block of 128 KiB (RFC 8878, 3.1.1.2)."""
_DTYPES: Final[Mapping[str, np.dtype[Any]]] = {
    name: np.dtype(name)
    for name in ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
}

SUM_BYTES: Final = 32
"""How many bytes at the end are the SHA-256 of those before."""


class _Array(Struct, array_like=True, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    frame: memoryview


def encode(state: State) -> bytearray:
    """Return a state as bytes.

    Raises
    ------
    CheckpointError
        Where it holds what no state may hold.
    """
    try:
        encoded = bytearray()
        _encoder.encode_into(state, encoded)
        encoded += sha256(encoded).digest()
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"the state cannot be written: {error}") from None
    return encoded


def decode(encoded: bytes | bytearray) -> Any:
    """Return the state that these bytes hold; its arrays are its own and can be written to.

    Raises
    ------
    CheckpointError
        If they are damaged.
    """
    body, told = memoryview(encoded)[:-SUM_BYTES], encoded[-SUM_BYTES:]
    if sha256(body).digest() != told:
        raise CheckpointError("its bytes are not those that were written")
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, cramjam.DecompressionError, ValueError, OverflowError) as error:
        raise CheckpointError(f"it holds no state: {error}") from None
    except (RecursionError, MemoryError) as error:
        raise CheckpointError(f"it holds no state: {type(error).__name__}") from None


def _written(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, np.ndarray):
        raise TypeError(f"there is a {type(value).__name__} in it")
    if value.dtype.str not in _DTYPES:
        raise TypeError(f"there is an array of {value.dtype} in it")
    frame = cramjam.zstd.compress(np.ascontiguousarray(value).data, level=_LEVEL)
    return Ext(_ARRAY, _encoder.encode(_Array(value.dtype.str, value.shape, memoryview(frame))))


def _read(code: int, data: memoryview) -> NDArray[Any]:
    array = _arrays.decode(data)
    if code != _ARRAY or array.dtype not in _DTYPES:
        raise ValueError(f"an array of unknown type {array.dtype!r}")
    size, dtype = prod(array.shape), _DTYPES[array.dtype]
    if size * dtype.itemsize > len(array.frame) * _RATIO_MAX:
        raise ValueError(f"an array of shape {array.shape} in {len(array.frame)} bytes")
    numbers = np.empty(size, dtype)
    if cramjam.zstd.decompress_into(array.frame, numbers.data) != numbers.nbytes:
        raise ValueError(f"an array of shape {array.shape} without that many numbers")
    return numbers.reshape(array.shape)


_encoder: Final = msgspec.msgpack.Encoder(enc_hook=_written)
_decoder: Final = msgspec.msgpack.Decoder(ext_hook=_read)
_arrays: Final = msgspec.msgpack.Decoder(_Array)
