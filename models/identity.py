"""Who and what, without saying who: keyed hashes of events and cases, pseudonyms of employees.

The event hash decides the order of rows of equal time and what a duplicate is, so its key is public and
never changes. Cases, customers and employees are hashed under keys derived from the operator's secret:
their ids can be enumerated, and an unkeyed hash of an enumerable id is no pseudonym.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from models.errors import ConfigError
from models.handling import NO_CASE

EVENT_KEY: Final = b"touchpoint/event"
"""Public: every installation orders the same events in the same way."""

PSEUDONYMS_KEPT: Final = 32_768
"""Bound of the cache: 20,000 employees (`design.md` 5) fit, and senders of ever new ids gain nothing."""

_START: Final = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
"""SipHash's initial state: "somepseudorandomlygeneratedbytes"."""

_TAIL_MASKS: Final = np.array([(1 << 8 * kept) - 1 for kept in range(8)], np.uint64)

Words = NDArray[np.uint64]


def siphash24(key: bytes, ids: Sequence[bytes]) -> Words:
    """Return the SipHash-2-4 of each id.

    The work is that of the words there are: a long id among short ones costs its own length.

    Parameters
    ----------
    key : bytes
        16 of them.
    ids : sequence of bytes[n]

    Returns
    -------
    uint64[n]

    Raises
    ------
    ValueError
        When the key is not 16 bytes long.

    Reference
    ---------
    J.-P. Aumasson, D. J. Bernstein. 2012. SipHash: a fast short-input PRF. INDOCRYPT 2012.
    """
    if len(key) != 16:
        raise ValueError("SipHash takes a key of 16 bytes")
    n = len(ids)
    if n == 0:
        return np.empty(0, np.uint64)
    length = np.fromiter(map(len, ids), np.int64, n)
    start = np.cumsum(length) - length
    # Longest first: the ids that still have a block are always a leading slice.
    order = np.argsort(-(length // 8), kind="stable")
    start, length = start[order], length[order]
    having = np.bincount(length // 8)[::-1].cumsum()[::-1].tolist()
    text = b"".join(ids) + bytes(8)
    windows = np.ndarray(len(text) - 7, np.dtype("<u8"), text, strides=(1,))

    low, high = (int.from_bytes(half, "little") for half in (key[:8], key[8:]))
    keys = (low, high, low, high)
    v0, v1, v2, v3 = (np.full(n, k ^ s, np.uint64) for k, s in zip(keys, _START, strict=True))
    spare = np.empty(n, np.uint64)
    for block, rows in enumerate(having):
        ended = slice(having[block + 1] if block + 1 < len(having) else 0, rows)
        word = windows[start[:rows] + 8 * block].astype(np.uint64, copy=False)
        word[ended] &= _TAIL_MASKS[length[ended] & 7]
        word[ended] |= length[ended].astype(np.uint64) << 56
        v3[:rows] ^= word
        for _ in range(2):
            _sip_round(v0[:rows], v1[:rows], v2[:rows], v3[:rows], spare[:rows])
        v0[:rows] ^= word
    v2 ^= 0xFF
    for _ in range(4):
        _sip_round(v0, v1, v2, v3, spare)
    hashes = np.empty(n, np.uint64)
    hashes[order] = v0 ^ v1 ^ v2 ^ v3
    return hashes


def _sip_round(v0: Words, v1: Words, v2: Words, v3: Words, spare: Words) -> None:
    v0 += v1
    _rotate(v1, 13, spare)
    v1 ^= v0
    _rotate(v0, 32, spare)
    v2 += v3
    _rotate(v3, 16, spare)
    v3 ^= v2
    v0 += v3
    _rotate(v3, 21, spare)
    v3 ^= v0
    v2 += v1
    _rotate(v1, 17, spare)
    v1 ^= v2
    _rotate(v2, 32, spare)


def _rotate(v: Words, bits: int, spare: Words) -> None:
    np.right_shift(v, 64 - bits, out=spare)
    v <<= bits
    v |= spare


@dataclass(frozen=True, slots=True)
class Keys:
    """What is derived from the operator's one secret; `key_id` names it and reveals nothing of it."""

    employee: bytes = field(repr=False)
    case: bytes = field(repr=False)
    key_id: str

    @classmethod
    def from_secret(cls, secret: bytes) -> Self:
        """Derive the keys: one secret, one purpose each, none tells of another.

        Raises
        ------
        ConfigError
            When the secret is empty.
        """
        if not secret:
            raise ConfigError("privacy.secret", "is empty; write a random one of at least 32 characters")
        return cls(
            employee=_keyed(secret, b"touchpoint/employee"),
            case=_keyed(secret, b"touchpoint/case")[:16],
            key_id=_keyed(secret, b"touchpoint/key-id").hex()[:8],
        )

    @classmethod
    def public(cls) -> Self:
        """Return keys that everybody knows: they hide nothing, so they serve named employees only."""
        return cls(
            employee=_keyed(b"touchpoint/public", b"touchpoint/employee"),
            case=_keyed(b"touchpoint/public", b"touchpoint/case")[:16],
            key_id="public",
        )


class Identity:
    """Turns the ids of a handling into what may be kept of them.

    Parameters
    ----------
    keys : Keys
    named : bool
        Employees keep the id that upstream gave them (privacy mode "named").
    """

    def __init__(self, keys: Keys, *, named: bool = False) -> None:
        self.key_id: Final = keys.key_id
        self._case_key = keys.case
        self._named = named
        # 64 bits: the chance that any two of 20,000 employees share a token is 1e-11.
        self._pseudonym = lru_cache(PSEUDONYMS_KEPT)(
            lambda employee_id: "e-" + _keyed(keys.employee, employee_id.encode()).hex()[:16]
        )

    def employee(self, employee_id: str) -> str:
        """Return the stable name of an employee: "e-" and 16 hex digits, or the id itself when named."""
        return employee_id if self._named else self._pseudonym(employee_id)

    def event_hashes(self, source_systems: Sequence[str | None], event_ids: Sequence[str]) -> Words:
        """Return the hash of each event's identity, the same under every secret.

        Parameters
        ----------
        source_systems : sequence of str or None [n]
        event_ids : sequence of str[n]

        Returns
        -------
        uint64[n]
        """
        prefixes = {source: _prefixed(source or "") for source in set(source_systems)}
        pairs = zip(source_systems, event_ids, strict=True)
        return siphash24(EVENT_KEY, [prefixes[source] + event_id.encode() for source, event_id in pairs])

    def case_hashes(
        self,
        case_ids: Sequence[str | None],
        customer_ids: Sequence[str | None],
        issue_types: Sequence[str],
    ) -> Words:
        """Return the keyed hash of the case, else of customer and issue type, else `NO_CASE`.

        Parameters
        ----------
        case_ids, customer_ids : sequence of str or None [n]
        issue_types : sequence of str[n]

        Returns
        -------
        uint64[n]
        """
        texts = [
            b"c" + case.encode()
            if case is not None
            else b"p" + _prefixed(customer) + issue.encode()
            if customer is not None
            else b""
            for case, customer, issue in zip(case_ids, customer_ids, issue_types, strict=True)
        ]
        cases = siphash24(self._case_key, texts)
        cases[cases == NO_CASE] = 1
        cases[[not text for text in texts]] = NO_CASE
        return cases


def _keyed(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)


def _prefixed(text: str) -> bytes:
    """Return the text with its length before it, so that ("a", "bc") and ("ab", "c") read differently."""
    encoded = text.encode()
    return len(encoded).to_bytes(4, "little") + encoded
