# The web app: page and API. Corrections go to the volume /data, or to INKDIGITS_DATABASE_URL.
#   docker build -t inkdigits .
#   docker run --rm --read-only --tmpfs /tmp -p 8000:8000 -v inkdigits:/data inkdigits

FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN deploy/install.sh /opt/inkdigits

FROM python:3.13-slim
COPY --from=build /opt/inkdigits /opt/inkdigits
RUN useradd --system --uid 10001 --home-dir /data --create-home inkdigits
USER 10001
VOLUME /data
ENV PATH=/opt/inkdigits/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    INKDIGITS_HOST=0.0.0.0 \
    INKDIGITS_PORT=8000 \
    INKDIGITS_DATABASE_URL=sqlite:////data/corrections.sqlite
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["inkdigits", "serve"]
