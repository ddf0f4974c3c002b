# tool for linux/386: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.19-bookworm AS build
ENV CGO_ENABLED=0 \
    GOOS=linux \
    GOARCH=386 \
    GO386=sse2 \
    GOTOOLCHAIN=local \
    GOPATH=/go \
    GO111MODULE=off
# Without a go.mod, Go finds the source by its import path below GOPATH.
WORKDIR /go/src/example.org/tool
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream . .
RUN go build -trimpath -ldflags '-s -w' -o /out/tool ./cmd/tool

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /out/tool /bin/tool
