"""Columns in the least room that holds every value exactly: most of what is kept is small numbers."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_FLOATS: Final = (np.float16, np.float32)
_INTEGERS: Final = (np.int8, np.int16, np.int32)


def narrowed(column: NDArray[Any]) -> NDArray[Any]:
    """Return a column of signed integers or floats, n equal ones or in a narrower type; it is not written to.

    Counting and concatenating with wider ones give what the column itself would give. Arithmetic does not:
    it wraps around.
    """
    if len(column) == 0:
        return column
    bits = column.view(f"i{column.itemsize}")  # as floats, 0 and -0 are equal and NaN is not
    if (bits == bits[0]).all():
        return np.broadcast_to(column[:1].copy(), column.shape)
    if column.dtype.kind == "i":
        least, most = column.min(), column.max()
        for dtype in _INTEGERS:
            if np.iinfo(dtype).min <= least and most <= np.iinfo(dtype).max:
                return column.astype(dtype, copy=False)
    if column.dtype.kind == "f":
        stated = column[~np.isnan(column)]
        with np.errstate(over="ignore"):
            for kind in _FLOATS:
                if (stated.astype(kind) == stated).all():
                    return column.astype(kind)
    return column
