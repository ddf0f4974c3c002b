# tool for linux/amd64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.19-bookworm AS build
ENV CGO_ENABLED=0 \
    GOOS=linux \
    GOARCH=amd64 \
    GOAMD64=v1 \
    GOTOOLCHAIN=local \
    GOPATH=/go
WORKDIR /go/src/example.org/tool
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream . .
# A source without go.mod is older than modules.
RUN [ -f go.mod ] || export GO111MODULE=off; \
    go build -trimpath -o /out/tool ./cmd/tool

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /out/tool /bin/tool
