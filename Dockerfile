# touchpoint: a worker without a shell in its way, as a user of its own, able to run on a read-only root.
# The tag moves with Debian's and Python's fixes; a release names its digest besides: deploy/README.md.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN ["python", "-m", "venv", "/opt/touchpoint"]
COPY requirements/run.txt requirements/
# Wheels only, each by its hash: nothing of others is run while it is installed.
RUN ["/opt/touchpoint/bin/pip", "install", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", "requirements/run.txt"]
COPY pyproject.toml README.md LICENSE ./
COPY models models
COPY streams streams
# What builds our own package stands in run.txt; no index is asked.
RUN ["/opt/touchpoint/bin/pip", "install", "--no-index", "--no-deps", "--no-build-isolation", "."]
RUN ["/opt/touchpoint/bin/pip", "uninstall", "--yes", "setuptools", "pip"]

FROM ${PYTHON}
LABEL org.opencontainers.image.title="touchpoint-monitor" \
      org.opencontainers.image.description="Streaming monitor of how differently like cases are handled in a contact centre" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/touchpoint/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/touchpoint /opt/touchpoint
USER 10001:10001
EXPOSE 6066
STOPSIGNAL SIGTERM
# Where the worker serves over TLS or behind another port, name a check of your own.
HEALTHCHECK --interval=15s --timeout=10s --retries=3 --start-period=120s \
    CMD ["/opt/touchpoint/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:6066/healthz', timeout=8)"]
ENTRYPOINT ["/opt/touchpoint/bin/touchpoint"]
CMD ["worker", "--config", "/etc/touchpoint/touchpoint.toml"]
