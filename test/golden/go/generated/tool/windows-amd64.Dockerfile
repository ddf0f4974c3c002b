# tool for windows/amd64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.19-bookworm AS build
ENV CGO_ENABLED=0 \
    GOOS=windows \
    GOARCH=amd64 \
    GOAMD64=v1 \
    GOTOOLCHAIN=local \
    GO111MODULE=on
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git with patches/tool applied
COPY --from=upstream . .
RUN go build -trimpath -mod=readonly -o /out/tool.exe ./cmd/tool

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build /out/tool.exe /tool.exe
