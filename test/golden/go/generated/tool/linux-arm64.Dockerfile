# tool for linux/arm64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.19-bookworm AS build
ENV CGO_ENABLED=0 \
    GOOS=linux \
    GOARCH=arm64 \
    GOTOOLCHAIN=local \
    GO111MODULE=on
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream . .
RUN go build -trimpath -mod=vendor -tags netgo,osusergo -ldflags '-s -w -X '\''main.name=a b'\''' -o /out/tool ./cmd/tool

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /out/tool /bin/tool
