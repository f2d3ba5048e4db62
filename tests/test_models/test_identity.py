"""Keyed hashes of events and cases, pseudonyms of employees."""

import re
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ConfigError
from models.handling import NO_CASE
from models.identity import PSEUDONYMS_KEPT, Identity, Keys, siphash24

KEY = bytes(range(16))
SECRET = b"a secret that only the operator knows"

# SipHash-2-4-64 of the inputs 00, 00 01, 00 01 02, ... from length 0 on under the key 00 01 .. 0f, bytes
# in little-endian order: vectors_sip64 of the authors' vectors.h, https://github.com/veorq/SipHash (CC0).
VECTORS = """
    310e0edd47db6f72 fd67dc93c539f874 5a4fa9d909806c0d 2d7efbd796666785
    b7877127e09427cf 8da699cd64557618 cee3fe586e46c9cb 37d1018bf50002ab
    6224939a79f5f593 b0e4a90bdf82009e f3b9dd94c5bb5d7a a7ad6b22462fb3f4
    fbe50e86bc8f1e75 903d84c02756ea14 eef27a8e90ca23f7 e545be4961ca29a1
    db9bc2577fcc2a3f 9447be2cf5e99a69 9cd38d96f0b3c14b bd6179a71dc96dbb
    98eea21af25cd6be c7673b2eb0cbf2d0 883ea3e395675393 c8ce5ccd8c030ca8
    94af49f6c650adb8 eab8858ade92e1bc f315bb5bb835d817 adcf6b0763612e2f
    a5c91da7acaa4dde 716595876650a2a6 28ef495c53a387ad 42c341d8fa92d832
    ce7cf2722f512771 e37859f94623f3a7 381205bb1ab0e012 ae97a10fd434e015
    b4a31508beff4d31 81396229f0907902 4d0cf49ee5d4dcca 5c73336a76d8bf9a
    d0a704536ba93e0e 925958fcd6420cad a915c29bc8067318 952b79f3bc0aa6d4
    f21df2e41d4535f9 87577519048f53a9 10a56cf5dfcd9adb eb75095ccd986cd0
    51a9cb9ecba312e6 96afadfc2ce666c7 72fe52975a4364ee 5a1645b276d592a1
    b274cb8ebf87870a 6f9bb4203de7b381 eaecb2a30b22a87f 9924a43cc1315724
    bd838d3aafbf8db7 0b1a2a3265d51aea 135079a3231ce660 932b2846e4d70666
    e1915f5cb1eca46c f325965ca16d629f 575ff28e60381be5 724506eb4c328a95
"""


def reference(key: bytes, text: bytes) -> int:
    """One id at a time, in Python's integers."""
    mask = 2**64 - 1
    k = [int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")] * 2
    start = b"somepseudorandomlygeneratedbytes"
    v = [k[i] ^ int.from_bytes(start[8 * i : 8 * i + 8], "big") for i in range(4)]

    def half(a: int, b: int, bits: int, turn: int) -> None:
        v[a] = (v[a] + v[b]) & mask
        v[b] = ((v[b] << bits | v[b] >> (64 - bits)) & mask) ^ v[a]
        v[a] = (v[a] << turn | v[a] >> (64 - turn)) & mask if turn else v[a]

    def rounds(count: int) -> None:
        for _ in range(count):
            half(0, 1, 13, 32)
            half(2, 3, 16, 0)
            half(0, 3, 21, 0)
            half(2, 1, 17, 32)

    padded = text + bytes(7 - len(text) % 8) + bytes([len(text) % 256])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def test_matches_the_authors_vectors() -> None:
    """SipHash-2-4 is the published one, at every length of the authors' vectors in one call."""
    hashes = siphash24(KEY, [bytes(range(length)) for length in range(64)])
    assert [value.to_bytes(8, "little").hex() for value in hashes.tolist()] == VECTORS.split()


@given(
    st.binary(min_size=16, max_size=16), st.lists(st.binary(max_size=300) | st.just(bytes(257)), max_size=9)
)
def test_an_id_hashes_alike_in_any_company(key: bytes, ids: list[bytes]) -> None:
    """A row's hash is that of its id alone, whatever the lengths beside it."""
    assert siphash24(key, ids).tolist() == [reference(key, text) for text in ids]


def test_a_long_id_costs_its_own_length() -> None:
    """One id of 8 kB among 5,000 short ones does not make every row as wide as it."""
    ids = [b"%020d" % row for row in range(5_000)]
    ids.append(bytes(8_000))
    tracemalloc.start()
    siphash24(KEY, ids)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000 < 5_000 * 8_000


def test_a_key_has_16_bytes() -> None:
    """A key of another length is refused, not padded."""
    with pytest.raises(ValueError, match="16 bytes"):
        siphash24(bytes(15), [b"id"])


def test_derived_keys_never_change() -> None:
    """Keys and tokens are the same in every version: a change would cut every case and rename everybody."""
    identity = Identity(Keys.from_secret(SECRET))
    assert identity.key_id == "cbae2edb"
    assert identity.employee("emp-1") == "e-25efe2e4921f4a0d"
    assert identity.event_hashes([None, "crm"], ["evt-1", "evt-1"]).tolist() == [
        1600631453505376001,
        15208107855103506763,
    ]
    assert identity.case_hashes(["case-1", None], [None, "cust-1"], ["a", "a"]).tolist() == [
        17168276389331789392,
        11635900498617180922,
    ]


def test_keys_keep_the_secret() -> None:
    """The key id, the employee key and the case key of one secret share nothing, and none is printed."""
    keys = Keys.from_secret(SECRET)
    derived = {keys.employee.hex()[:8], keys.case.hex()[:8], keys.key_id}
    assert len(derived) == 3
    assert re.fullmatch("[0-9a-f]{8}", keys.key_id)
    assert keys.employee.hex() not in repr(keys)
    assert repr(keys) == f"Keys(key_id='{keys.key_id}')"


def test_another_secret_is_another_world() -> None:
    """Under another secret the key id, the pseudonyms and the cases differ, and the event hashes do not."""
    one, other = Identity(Keys.from_secret(SECRET)), Identity(Keys.from_secret(SECRET + b"!"))
    assert one.key_id != other.key_id
    assert one.employee("emp-1") != other.employee("emp-1")
    assert one.case_hashes(["c"], [None], ["a"]).tolist() != other.case_hashes(["c"], [None], ["a"]).tolist()
    assert one.event_hashes([None], ["evt"]).tolist() == other.event_hashes([None], ["evt"]).tolist()


def test_an_empty_secret_is_refused() -> None:
    """An empty secret is told to the operator, for it would be everybody's."""
    with pytest.raises(ConfigError, match="empty"):
        Keys.from_secret(b"")


def test_public_keys_say_so() -> None:
    """Without a secret the key id is the word "public", and two installations agree on the cases."""
    assert Keys.public().key_id == "public"
    assert Keys.public() == Keys.public()


def test_pseudonyms_are_tokens_and_do_not_collide() -> None:
    """20,000 employees get 20,000 tokens that fit a URL and a label and hold no part of the id."""
    identity = Identity(Keys.from_secret(SECRET))
    tokens = {identity.employee(f"anna.{row}@example.org") for row in range(20_000)}
    assert len(tokens) == 20_000
    assert all(re.fullmatch("e-[0-9a-f]{16}", token) for token in tokens)


def test_named_employees_keep_their_id() -> None:
    """In named mode the employee is called what upstream called him."""
    assert Identity(Keys.public(), named=True).employee("Zoë / 7") == "Zoë / 7"


def test_new_ids_for_ever_take_no_more_memory() -> None:
    """The memory of pseudonyms is bounded, and one that fell out of it comes back the same."""
    identity = Identity(Keys.from_secret(SECRET))
    first = identity.employee("0")
    for row in range(PSEUDONYMS_KEPT + 10):
        identity.employee(str(row))
    assert identity._pseudonym.cache_info().currsize == PSEUDONYMS_KEPT
    assert identity.employee("0") == first


def test_where_an_id_ends_matters() -> None:
    """The ids ("a", "bc") are another event than ("ab", "c"), and another case."""
    identity = Identity(Keys.public())
    assert len(set(identity.event_hashes(["a", "ab", None], ["bc", "c", "abc"]).tolist())) == 3
    assert len(set(identity.case_hashes([None, None], ["a", "ab"], ["bc", "c"]).tolist())) == 2


def test_a_case_id_is_never_a_customer_and_issue() -> None:
    """A case id that reads like the encoding of a customer and an issue is still another case."""
    identity = Identity(Keys.public())
    likenesses = ["custissue", "\x04\0\0\0custissue", "p\x04\0\0\0custissue"]
    cases = identity.case_hashes([None, *likenesses], ["cust", None, None, None], ["issue"] * 4)
    assert len(set(cases.tolist())) == 4


@given(
    st.lists(
        st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from([None, "a", "b"]), st.sampled_from("ab"))
    )
)
def test_a_case_is_its_id_else_customer_and_issue(rows: list[tuple[str | None, str | None, str]]) -> None:
    """Two rows share a case when they share a case id, or neither has one and customer and issue agree."""

    def case(row: tuple[str | None, str | None, str]) -> Sequence[str | None] | None:
        case_id, customer, issue = row
        if case_id is not None:
            return [case_id]
        return None if customer is None else [customer, issue]

    identity = Identity(Keys.from_secret(SECRET))
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    hashes = identity.case_hashes(*columns).tolist()
    assert [value == NO_CASE for value in hashes] == [case(row) is None for row in rows]
    for row, value in zip(rows, hashes, strict=True):
        for other_row, other in zip(rows, hashes, strict=True):
            assert (value == other) == (case(row) == case(other_row))


def test_no_case_is_nobodys_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case whose hash happens to be 0 is still a case."""
    monkeypatch.setattr("models.identity.siphash24", lambda _, ids: np.zeros(len(ids), np.uint64))
    assert Identity(Keys.public()).case_hashes(["c", None], [None, None], ["a", "a"]).tolist() == [1, NO_CASE]
