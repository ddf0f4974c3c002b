# tool for linux/amd64/v3: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.22-alpine AS build
RUN apk add --no-cache \
      gcc \
      musl-dev
ENV CGO_ENABLED=1 \
    GOOS=linux \
    GOARCH=amd64 \
    GOAMD64=v3
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream . .
RUN go build -trimpath -o /out/tool ./cmd/tool

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /out/tool /bin/tool
