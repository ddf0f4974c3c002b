# tool for linux/s390x: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM registry.example.org:5000/build/go:1 AS build
# The image's name does not tell its package manager.
RUN if command -v apk >/dev/null; then \
      apk add --no-cache git make; \
    else \
      apt-get update \
       && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends git make \
       && rm -rf /var/lib/apt/lists/*; \
    fi
ENV CGO_ENABLED=0 \
    GOOS=linux \
    GOARCH=s390x \
    GOTOOLCHAIN=local \
    GO111MODULE=on
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream . .
RUN go build -trimpath -mod=readonly -o /out/tool ./cmd/tool

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /out/tool /bin/tool
