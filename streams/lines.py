"""Records out of files: one JSON document a line, plain or gzipped, or standard input."""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

from models.errors import TouchpointError

STDIN: Final = "-"
_BATCH_BYTES: Final = 16 << 20
"""A batch ends here if not earlier, or many large lines would fill the memory."""


class FileError(TouchpointError):
    """A file that cannot be read."""


class LineFile:
    """The lines of a file, read in batches; a line beyond `bytes_max` is cut short, so it stays a reject.

    Parameters
    ----------
    name : str
        A path, `.gz` for gzip, or `-` for standard input.
    """

    def __init__(self, name: str, bytes_max: int) -> None:
        self.name = name
        self._bytes_max = bytes_max
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Open the file.

        Raises
        ------
        FileError
            If it cannot be opened.
        """
        if self.name == STDIN:
            self._raw: BinaryIO = sys.stdin.buffer
            self._text: BinaryIO = self._raw
            return self
        try:
            self._raw = self._stack.enter_context(Path(self.name).open("rb"))
        except OSError as error:
            raise FileError(f"{self.name}: {error.strerror}") from None
        self._text = self._raw
        if self.name.endswith(".gz"):
            self._text = cast("BinaryIO", self._stack.enter_context(gzip.open(self._raw)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._stack.close()

    def batches(self, lines: int, progress: Callable[[int], object]) -> Iterator[list[bytes]]:
        """Yield the lines, at most so many at once; `progress` is told how many bytes on disk that was.

        Raises
        ------
        FileError
            Where the file is damaged.
        """
        told = 0
        has_position = self.name != STDIN and self._raw.seekable()  # a pipe has none
        while batch := self._batch(lines):
            if has_position:
                position = self._raw.tell()
                progress(position - told)
                told = position
            yield batch

    def _batch(self, lines: int) -> list[bytes]:
        batch: list[bytes] = []
        room = _BATCH_BYTES
        try:
            while len(batch) < lines and room > 0 and (line := self._text.readline(self._bytes_max + 2)):
                room -= len(line)
                if not line.endswith(b"\n"):
                    self._skip_line()
                batch.append(line.removesuffix(b"\n").removesuffix(b"\r"))
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(f"{self.name}: cannot be read further: {error}") from None
        return batch

    def _skip_line(self) -> None:
        while (rest := self._text.readline(1 << 20)) and not rest.endswith(b"\n"):
            pass
