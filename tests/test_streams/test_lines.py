"""Lines out of files: plain, gzipped, from a pipe or standard input; never more in memory than a bound."""

import gzip
import io
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.lines import STDIN, FileError, LineFile


def lines_of(name: Path | str, *, bytes_max: int = 100, at_once: int = 3) -> list[bytes]:
    """Return all lines of a file, read a few at a time."""
    with LineFile(str(name), bytes_max) as file:
        return [line for batch in file.batches(at_once, lambda _: None) for line in batch]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes, str], Path]:
    """Lend a way to make a file."""

    def make(content: bytes, name: str = "events.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make


class Generated(io.RawIOBase):
    """A file that is made while it is read, so that its size is nobody's memory."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces

    def readable(self) -> bool:  # noqa: D102 - the standard library's
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # noqa: D102
        piece = next(self._pieces, b"")
        buffer[: len(piece)] = piece
        return len(piece)


@settings(max_examples=50)
@given(
    st.lists(st.binary(max_size=12).filter(lambda line: not {10, 13} & set(line)), max_size=8),
    st.integers(1, 5),
)
def test_lines_come_as_they_stand(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], at_once: int
) -> None:
    """Plain or gzipped, in whatever batches, the lines are those of the file, blank ones included."""
    folder = tmp_path_factory.mktemp("lines")
    content = b"".join(line + b"\n" for line in lines)
    (folder / "plain").write_bytes(content)
    (folder / "packed.gz").write_bytes(gzip.compress(content, 1))

    for name in ("plain", "packed.gz"):
        assert lines_of(folder / name, at_once=at_once) == lines


def test_the_last_line_needs_no_end(write: Callable[..., Path]) -> None:
    """A last line without a newline is a line; an end of the last line does not begin another."""
    assert lines_of(write(b"one\ntwo")) == [b"one", b"two"]
    assert lines_of(write(b"one\ntwo\n")) == [b"one", b"two"]
    assert lines_of(write(b"")) == []


def test_ends_of_lines_may_be_those_of_windows(write: Callable[..., Path]) -> None:
    """A carriage return before the newline belongs to the end of the line, but only one."""
    assert lines_of(write(b"one\r\n\r\ntwo\r\r\n")) == [b"one", b"", b"two\r"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_line_within_the_bound_is_whole(write: Callable[..., Path], end: bytes) -> None:
    """A line of just as many bytes as are allowed is not cut, however it ends."""
    assert lines_of(write(b"x" * 100 + end)) == [b"x" * 100]


@pytest.mark.parametrize(
    "surplus", [b"x", b"x" * 2, b"x" * 3, b"\r" * 2, b"\r" * 3, b"x" * 1_000_000, b"\r" * 1_000_000]
)
def test_a_line_beyond_the_bound_stays_beyond_it(write: Callable[..., Path], surplus: bytes) -> None:
    """It is cut short but never within the bound, so it is refused as too large; its neighbours are whole."""
    first, long, last = lines_of(write(b"first\n" + b"y" * 100 + surplus + b"\nlast"))

    assert (first, last) == (b"first", b"last")
    assert 100 < len(long) <= 102


def test_a_huge_line_takes_no_more_memory_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of 100 MB is read past: memory stays near the bound."""
    pieces = chain([b"first\n"], repeat(b"x" * 10_000, 10_000), [b"\nlast\n"])
    stdin = io.TextIOWrapper(io.BufferedReader(Generated(pieces), 16_384))
    monkeypatch.setattr(sys, "stdin", stdin)

    tracemalloc.start()
    first, long, last = lines_of(STDIN, bytes_max=1_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (first, len(long), last) == (b"first", 1_002, b"last")
    assert most < 4_000_000


def test_many_large_lines_come_in_smaller_batches(write: Callable[..., Path]) -> None:
    """A batch is bounded in bytes too: memory does not grow with the length of lines."""
    path = write(b"\n".join([b"x" * 1_000_000] * 40 + [b"last"]))

    with LineFile(str(path), 2_000_000) as file:
        sizes = [[len(line) for line in batch] for batch in file.batches(8_192, lambda _: None)]

    assert max(map(sum, sizes)) < 20_000_000
    assert sum(map(len, sizes)) == 41


def test_progress_is_told_in_bytes_on_disk(write: Callable[..., Path]) -> None:
    """What is told adds up to the size of the file, gzipped or not."""
    content = b"".join(b"line %d\n" % number for number in range(5_000))
    for path in (write(content), write(gzip.compress(content), "events.gz")):
        told: list[int] = []
        with LineFile(str(path), 100) as file:
            batches = list(file.batches(1_000, told.append))

        assert len(told) == len(batches) == 5
        assert sum(told) == path.stat().st_size


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    """What the shell's <( ) hands over has no size and no position, and is read all the same."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(b"one\ntwo\n",))
    writer.start()

    assert lines_of(pipe) == [b"one", b"two"]
    writer.join()


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """A missing file and a folder are told by name and reason."""
    with pytest.raises(FileError, match=r"none\.jsonl: No such file"):
        lines_of(tmp_path / "none.jsonl")
    with pytest.raises(FileError, match="directory"):
        lines_of(tmp_path)


PACKED = gzip.compress(b"".join(b"line %d of many\n" % number for number in range(2_000)), mtime=0)


@pytest.mark.parametrize(
    "damaged",
    [
        PACKED[: len(PACKED) // 2],
        PACKED[:5],
        PACKED[:10] + b"\xff" * 500,
        PACKED[:-8] + b"\x00" * 8,
        PACKED[:200] + b"\xff" * 40 + PACKED[240:],
        PACKED + b"garbage behind it",
        b"never packed\n",
    ],
    ids=["cut", "head only", "no blocks", "checksum", "middle", "trailer", "plain"],
)
def test_a_damaged_file_is_told(write: Callable[..., Path], damaged: bytes) -> None:
    """Wherever a gzipped file is damaged, that is told by name, not shown as a crash."""
    path = write(damaged, "events.jsonl.gz")

    with pytest.raises(FileError, match=r"events\.jsonl\.gz: cannot be read further"):
        lines_of(path)
