"""Many tests at once: the false discovery rate."""

import numpy as np
from numpy.typing import NDArray


def benjamini_hochberg(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the adjusted p-value of each test: the least false discovery rate at which it is rejected.

    Rejecting where it is at most `level` is the step-up rule of 1995: with p sorted ascending, reject the
    first i for the greatest i with p_i <= level * i / m. The rate holds for independent and for
    positively dependent tests.

    Parameters
    ----------
    p : float64[n]
        Probabilities; NaN where there was too little evidence for a test, which then does not count in m.

    Returns
    -------
    float64[n]
        In 0..1, never below p, ascending with p, NaN where p is.

    Reference
    ---------
    Y. Benjamini, Y. Hochberg. 1995. Controlling the false discovery rate: a practical and powerful approach
    to multiple testing. J. R. Statist. Soc. B 57, 289-300.
    """
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    ascending = tested[np.argsort(p[tested])]
    m = len(ascending)
    stepwise = p[ascending] * (m / np.arange(1, m + 1))
    q[ascending] = np.minimum(np.minimum.accumulate(stepwise[::-1])[::-1], 1.0)
    return q
