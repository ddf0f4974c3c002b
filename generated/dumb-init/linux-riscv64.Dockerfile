# dumb-init for linux/riscv64: A minimal init for containers that passes signals on and reaps zombies, as one static program
#
# Rendered by forkwright from recipes/dumb-init.yaml: edit the recipe, then run `forkwright render`.

# A cross compiler runs on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM debian:bookworm-slim AS build
# The C compiler for riscv64: on a builder of that architecture its own.
RUN if [ "$(dpkg --print-architecture)" = riscv64 ]; \
    then compiler='gcc libc6-dev'; \
    else compiler='gcc-riscv64-linux-gnu libc6-dev-riscv64-cross'; fi \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $compiler \
      make \
      xxd \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://github.com/Yelp/dumb-init.git
COPY --from=upstream . .
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
RUN make -j"$(nproc)" CC=riscv64-linux-gnu-gcc CXX=riscv64-linux-gnu-g++ AR=riscv64-linux-gnu-ar RANLIB=riscv64-linux-gnu-ranlib STRIP=riscv64-linux-gnu-strip CROSS_COMPILE=riscv64-linux-gnu- build

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /src/dumb-init /usr/bin/dumb-init

ENTRYPOINT ["/usr/bin/dumb-init", "--"]

LABEL org.opencontainers.image.description="A minimal init for containers that passes signals on and reaps zombies, as one static program" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/Yelp/dumb-init.git" \
      org.opencontainers.image.title="dumb-init" \
      org.opencontainers.image.url="https://github.com/Yelp/dumb-init" \
      org.opencontainers.image.vendor="Release Engineering" \
      org.opencontainers.image.version="master"
