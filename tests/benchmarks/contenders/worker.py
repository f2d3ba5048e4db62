"""Our worker on the embedded broker: `touchpoint worker`, but with a producer that this broker can serve.

python -m benchmarks.contenders.worker CONFIG
"""

import asyncio
import sys
from pathlib import Path

from streams.app import built, serve
from streams.config import Config, load
from streams.privacy import identity_of


async def run(config: Config) -> None:
    """Run until a signal."""
    async with built(config, identity_of(config.privacy), embedded=True) as (worker, services):
        await serve(worker, services, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(run(load(Path(sys.argv[1]))))
