# driftcloud against a PostgreSQL of its own or yours; see docker-compose.yml.
FROM python:3.12-slim

RUN useradd --create-home --uid 10001 driftcloud
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY driftcloud driftcloud
COPY emulator emulator
COPY handlers handlers
COPY models models
COPY drift drift
COPY sql sql
RUN pip install --no-cache-dir .

USER driftcloud
ENV DRIFTCLOUD_HOST=0.0.0.0 DRIFTCLOUD_PORT=4566
EXPOSE 4566
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:4566/_driftcloud/health')"
ENTRYPOINT ["driftcloud"]
CMD ["serve"]
