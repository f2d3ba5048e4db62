"""The shell of the monitor: the only room that talks to Kafka, HTTP, files and clocks."""
