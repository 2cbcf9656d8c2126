# Two stages: the first makes /opt/imagebot, the second holds nothing else. Versions and hashes: `.ci/lock`.
# Where no engine is at hand, `.ci/prove_dockerfile.py` performs these very steps in an empty folder.

FROM python:3.13.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# The dependencies change seldom: they get layers of their own, before the code.
COPY requirements.lock requirements-build.lock ./
RUN python -m venv --without-pip /opt/imagebot \
    && pip --python /opt/imagebot/bin/python install --require-hashes --only-binary :all: -r requirements.lock \
    && pip install --require-hashes --only-binary :all: -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cogs cogs
RUN pip wheel --no-index --no-deps --no-build-isolation --wheel-dir dist . \
    && pip --python /opt/imagebot/bin/python install --no-index --no-deps dist/imagebot-*.whl

FROM python:3.13.14-slim-bookworm
# Inside a container nobody reaches the loopback address: where a web server is asked for, it listens to the engine's network.
ENV PATH=/opt/imagebot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    WEB_HOST=0.0.0.0
# A fixed number, so that the owner of a mounted folder can be set from outside.
RUN groupadd --gid 10001 imagebot \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin imagebot \
    && install -d -m 0750 -o 10001 -g 10001 /data
COPY --from=build /opt/imagebot /opt/imagebot
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
# Exec form throughout: the signal reaches Python, which takes it as "finish what is at hand and go".
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s --retries=3 CMD ["imagebot", "check", "--quick"]
ENTRYPOINT ["imagebot"]
CMD ["run"]
