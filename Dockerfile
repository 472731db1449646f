# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY sidecar sidecar
COPY web web
COPY emby-plugin-bridge emby-plugin-bridge
RUN python -m venv /opt/collectarr \
    && /opt/collectarr/bin/pip install --no-cache-dir --disable-pip-version-check \
        --constraint constraints.txt .

FROM python:3.13-slim
RUN groupadd --gid 1000 collectarr \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /config collectarr \
    && install --directory --owner=collectarr --group=collectarr --mode=0700 /config
COPY --from=build /opt/collectarr /opt/collectarr
ENV PATH=/opt/collectarr/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=7795 \
    DATA_DIR=/config
USER collectarr
WORKDIR /config
VOLUME /config
EXPOSE 7795
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}{os.environ.get('BASE_PATH', '').rstrip('/')}/ping\", timeout=4)"]
ENTRYPOINT ["collectarr"]
CMD ["serve"]
