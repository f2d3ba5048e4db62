"""Boards for Grafana: generators, the JSON they write, provisioning, previews. Knows metric names only."""
