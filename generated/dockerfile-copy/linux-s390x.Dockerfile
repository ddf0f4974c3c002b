# dockerfile-copy for linux/s390x: The copy helper behind ADD and COPY of Dockerfile frontends
#
# Rendered by forkwright from recipes/dockerfile-copy.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.19-bookworm AS build
ENV CGO_ENABLED=0 \
    GOOS=linux \
    GOARCH=s390x \
    GOTOOLCHAIN=local \
    GOPATH=/go \
    GO111MODULE=off
# Without a go.mod, Go finds the source by its import path below GOPATH.
WORKDIR /go/src/github.com/tonistiigi/copy
# docker-bake.json hands in the context `upstream`: https://github.com/tonistiigi/copy.git
COPY --from=upstream . .
RUN go build -trimpath -ldflags '-s -w' -o /out/copy ./cmd/copy

FROM alpine:3.20 AS image
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
# No index is kept: it would be out of date. Nor is apk's log, which has the time in it.
RUN apk add --no-cache \
      tar \
      gzip \
      bzip2 \
      xz \
 && rm -f /var/log/apk.log

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /out/copy /bin/copy

# ENTRYPOINT clears a CMD of the base; there is none in its place.
ENTRYPOINT ["/bin/copy"]

LABEL org.opencontainers.image.base.name="docker.io/library/alpine:3.20" \
      org.opencontainers.image.description="The copy helper behind ADD and COPY of Dockerfile frontends" \
      org.opencontainers.image.revision="3385f1bfe8d491169b054e4417f570c30f6325df" \
      org.opencontainers.image.source="https://github.com/tonistiigi/copy.git" \
      org.opencontainers.image.title="dockerfile-copy" \
      org.opencontainers.image.vendor="Release Engineering" \
      org.opencontainers.image.version="3385f1bfe8d4"
