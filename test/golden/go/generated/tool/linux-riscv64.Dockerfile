# tool for linux/riscv64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.19-bookworm AS build
# The C compiler for riscv64: on a builder of that architecture its own.
RUN if [ "$(dpkg --print-architecture)" = riscv64 ]; \
    then compiler='gcc libc6-dev'; \
    else compiler='gcc-riscv64-linux-gnu libc6-dev-riscv64-cross'; fi \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $compiler \
      pkgconf \
 && rm -rf /var/lib/apt/lists/*
ENV CGO_ENABLED=1 \
    GOOS=linux \
    GOARCH=riscv64 \
    GOTOOLCHAIN=local \
    CC=riscv64-linux-gnu-gcc \
    CXX=riscv64-linux-gnu-g++
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream . .
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
# A source without go.mod is older than modules.
RUN [ -f go.mod ] || export GO111MODULE=off; \
    go build -trimpath -o /out/tool ./cmd/tool

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /out/tool /bin/tool
