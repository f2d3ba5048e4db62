"""Faust at the speed of its client: whole fetches instead of messages, committed by acknowledged prefix.

    aiokafka --records--> [thread: one Fetch a partition] --> [scheduler: one message a Fetch] --> agent
                                                              [ledger of fetches] <--- ack ----'
                                                                      '---> commit

Stock Faust spends some 190 us on every message before an agent sees it (`streaming.md` section 1); here it
spends them on every fetch. Group membership, assignment, back-pressure and shutdown stay Faust's. Topics that
are not named as whole are handled as stock. What is relied on beyond Faust's documented surface stands in
`relied_on`, checked at start and by contract tests.
"""

from streams.transport.driver import Ends, FetchConsumer, Listener, Transport
from streams.transport.fetches import Fetch, FetchScheduler, FetchSchema, Record

__all__ = [
    "Ends",
    "Fetch",
    "FetchConsumer",
    "FetchScheduler",
    "FetchSchema",
    "Listener",
    "Record",
    "Transport",
]
