# One image, many commands: `caregraph serve`, `serve --only scheduling`, `router`, `migrate`, `admin create`.
# Build: docker build -t caregraph .

FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
# The caches stay out of the image and make the next build short.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --release --locked --bin caregraph && cp target/release/caregraph /caregraph

FROM debian:bookworm-slim
# Certificates of the authorities, for mail servers, databases and providers behind TLS.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/caregraph --shell /usr/sbin/nologin caregraph \
    && install -d -o caregraph -g caregraph -m 700 /var/lib/caregraph
COPY --from=build /caregraph /usr/local/bin/caregraph
COPY schema/supergraph.graphql /etc/caregraph/supergraph.graphql
USER caregraph
WORKDIR /var/lib/caregraph
ENV CAREGRAPH_DATA_DIR=/var/lib/caregraph CAREGRAPH_LISTEN=0.0.0.0:4000 CAREGRAPH_LOG__FORMAT=json
VOLUME /var/lib/caregraph
EXPOSE 4000
# SIGTERM drains: what is under way is answered.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/4000 && printf 'GET /health HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["caregraph"]
CMD ["serve"]
