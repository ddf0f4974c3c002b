# tool for linux/amd64/v3: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# Alpine has no cross compilers: C code is compiled on the target's platform, which a builder of another one emulates.
FROM golang:1.22-alpine AS build
RUN apk add --no-cache \
      gcc \
      musl-dev
ENV CGO_ENABLED=1 \
    GOOS=linux \
    GOARCH=amd64 \
    GOAMD64=v3 \
    GOTOOLCHAIN=local \
    GO111MODULE=on
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream . .
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
RUN go build -trimpath -mod=readonly -o /out/tool ./cmd/tool
# What the recipe does with the program.
RUN strip /out/tool \
 && upx --best /out/tool

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /out/tool /bin/tool
