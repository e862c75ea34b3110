# The image of Vigie: one for the web server, the worker and the schedule. It holds no secret: see .env.example.
FROM python:3.12-slim AS packages
COPY requirements.lock /
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.lock

FROM python:3.12-slim
# Fixed numbers, so that volumes keep their owner from one image to the next.
RUN groupadd --system --gid 10001 vigie \
    && useradd --system --uid 10001 --gid vigie --no-create-home --shell /usr/sbin/nologin vigie \
    && install --directory --owner vigie --group vigie --mode 0700 /var/lib/vigie
COPY --from=packages /opt/venv /opt/venv
COPY . /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    VIGIE_HOME=/var/lib/vigie \
    STATIC_COLLECTED=true \
    LOG_FORMAT=json
# A checkout made under a strict umask is for its owner only; the image's account reads and does not write.
RUN python -m runtime.translations \
    && chmod -R a+rX /app \
    && python -m compileall -q /app \
    && printf '#!/bin/sh\nexec python -m runtime.embedded "$@"\n' > /usr/local/bin/vigie \
    && chmod a+rx /usr/local/bin/vigie
WORKDIR /app
USER vigie
VOLUME /var/lib/vigie
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --start-interval=3s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# Bring the database and the static files up to date, then serve.
CMD ["sh", "-c", "python -m runtime.prepare && exec python -m runtime.web --host 0.0.0.0"]
