"""The state as bytes: what was written is read back to the bit, and what is damaged is told."""

import tracemalloc
from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import cramjam
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.msgpack import Ext
from numpy.typing import NDArray

from models.errors import CheckpointError
from models.state import State, digest
from streams.checkpoints import decode, encode

DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
SAMPLE: Mapping[str, State] = {"step": 3, "n": np.array([1, 2]), "mean": np.array([[0.5, np.nan]])}

WRITTEN_BY_THE_FIRST = bytes.fromhex(
    "83a47374657003a16ec7220193a33c69389102c41928b52ffd201081000001000000000000000200000000000000a46d"
    "65616ec7230193a33c6638920102c41928b52ffd2010810000000000000000e03f000000000000f87f8eb03d220f710a"
    "0150329e9676603df74c71db4aab42a167c63636a3adc6a08f"
)
"""`SAMPLE`, as the first program that wrote checkpoints did."""


@st.composite
def arrays(draw: st.DrawFn) -> NDArray[Any]:
    """Draw an array of any bits, laid out in memory in any way."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.frombuffer(draw(st.binary(min_size=size, max_size=size)), "|u1")
    array = (raw & 1 if dtype == np.bool_ else raw).view(dtype).reshape(shape)
    layouts = (array, array.T, array[..., ::-1] if shape else array, array[::2] if shape else array)
    return draw(st.sampled_from(layouts))


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats()
states: st.SearchStrategy[State] = st.recursive(
    st.none() | st.booleans() | numbers | text | arrays(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(text, inner, max_size=4)
        | st.dictionaries(text, inner, max_size=4).map(MappingProxyType)
    ),
    max_leaves=12,
)


def sealed(body: bytes) -> bytes:
    """Return a body under the checksum that it would have been written with."""
    return body + sha256(body).digest()


def array_of(dtype: str, shape: object, numbers: NDArray[Any], code: int = 1, after: bytes = b"") -> bytes:
    """Return a state that is one array, which may not be what it says it is."""
    frame = bytes(cramjam.zstd.compress(numbers.data, level=1)) + after
    return sealed(msgspec.msgpack.encode(Ext(code, msgspec.msgpack.encode((dtype, shape, frame)))))


@given(states)
def test_a_state_is_read_back_to_the_bit(state: State) -> None:
    """Whatever numbers, text and arrays a state holds, and however they are nested, none has another bit."""
    assert digest(decode(encode(state))) == digest(state)


@pytest.mark.parametrize("extreme", [-(2**63), 2**63 - 1])
def test_the_extremes_of_a_column_come_back(extreme: int) -> None:
    """Where time is not known a column holds the least number there is: that is no special case here."""
    assert decode(encode({"time": np.array([extreme])}))["time"].tolist() == [extreme]


def test_an_array_that_was_read_can_be_written_to() -> None:
    """The judge goes on with the very arrays, and the bytes they came from stay as they are."""
    encoded = encode(SAMPLE)
    state = decode(encoded)
    state["n"][0] = 7

    assert digest(decode(encoded)) == digest(SAMPLE)


def test_repetition_is_compressed() -> None:
    """What is empty costs next to nothing."""
    assert len(encode({"sums": np.zeros((1_000, 1_000))})) < 1_000


def test_what_the_first_program_wrote_is_read() -> None:
    """A state format is a promise: who writes states in another way counts it up."""
    assert digest(decode(WRITTEN_BY_THE_FIRST)) == digest(SAMPLE)


@given(st.data())
def test_no_damage_goes_unseen(data: st.DataObject) -> None:
    """One bit that is another, bytes that are missing or bytes too many: each is told."""
    encoded = bytes(encode(SAMPLE))
    bit = data.draw(st.integers(0, 8 * len(encoded) - 1))
    flipped = bytearray(encoded)
    flipped[bit // 8] ^= 1 << bit % 8
    damaged = [
        bytes(flipped),
        encoded[: bit // 8],
        encoded[bit // 8 + 1 :],
        encoded + data.draw(st.binary(min_size=1)),
    ]

    for one in damaged:
        with pytest.raises(CheckpointError, match="not those that were written"):
            decode(one)


ONES = np.ones(3)


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(sealed(b""), id="nothing"),
        pytest.param(sealed(b"\xc0\xc0"), id="more than one state"),
        pytest.param(sealed(b"\xdd\xff\xff\xff\xff"), id="a list of four thousand million"),
        pytest.param(sealed(b"\xdf\xff\xff\xff\xff"), id="as large a mapping"),
        pytest.param(sealed(b"\x91" * 100_000), id="lists in lists without end"),
        pytest.param(sealed(b"\xa1\xff"), id="text that is no UTF-8"),
        pytest.param(array_of("<f8", [3], ONES, code=2), id="an extension nobody knows"),
        pytest.param(array_of("|O", [3], ONES), id="objects"),
        pytest.param(array_of("<f8", [4], ONES), id="fewer numbers than it says"),
        pytest.param(array_of("<f8", [2], ONES), id="more numbers than it says"),
        pytest.param(array_of("<f8", [], ONES), id="more numbers than the one it says"),
        pytest.param(array_of("<f8", [-1, -3], ONES), id="a negative shape"),
        pytest.param(array_of("<f8", [3.0], ONES), id="half a shape"),
        pytest.param(array_of("<f8", [10**9], ONES), id="eight gigabytes"),
        pytest.param(array_of("<f8", [2**62, 2**62], ONES), id="more than there is"),
        pytest.param(array_of("<f8", [0, 2**64 - 1], ONES[:0]), id="nothing, too wide"),
        pytest.param(array_of("<f8", [1] * 65, ONES[:1]), id="too many dimensions"),
        pytest.param(array_of("<f8", [3], ONES, after=b"more"), id="something after the numbers"),
        pytest.param(sealed(msgspec.msgpack.encode(Ext(1, b"\x93\xa3"))), id="half an array"),
    ],
)
def test_what_is_no_state_is_refused_without_making_room_for_it(encoded: bytes) -> None:
    """Bytes under a right checksum that claim the absurd are told, and cost no more than they are long."""
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match="holds no state"):
            decode(encoded)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.array(["a"]), "an array of <U1"),
        (np.array([None]), "an array of object"),
        (np.zeros(1, ">f8"), "an array of >f8"),
        (np.float64(1), "a float64"),
        (object(), "a object"),
        (2**64, "ints"),
        ("\ud800", "surrogates"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(value: Any, told: str) -> None:
    """A state that holds something else than plain data is refused with what that is."""
    with pytest.raises(CheckpointError, match=told):
        encode({"one": [value]})
