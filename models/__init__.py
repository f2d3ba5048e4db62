"""The arithmetic of the monitor: columns of handlings in, immutable snapshots out.

Imports numpy and the standard library only. Knows no Kafka, no clock, no file.
"""
