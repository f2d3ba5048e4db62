"""The application that the tests of the transport look into."""

import asyncio
from collections.abc import Iterator

import pytest
from unconnected import HERE, THERE, Unconnected


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unconnected]:
    """Lend an application that talks to nobody; it may fetch."""
    with asyncio.Runner() as runner:
        made = Unconnected(runner.get_loop(), str(tmp_path_factory.mktemp("faust")))
        made.consumer.resume_flow()
        yield made
        made.close()


@pytest.fixture
def here(built: Unconnected) -> Unconnected:
    """Lend it at the beginning of an assignment of which nobody has told yet."""
    built.elsewhere.clear()
    built.assign({HERE: None, THERE: None})
    built.told.clear()
    return built
