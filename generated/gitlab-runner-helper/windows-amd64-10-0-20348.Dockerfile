# gitlab-runner-helper for windows(10.0.20348)/amd64: Clones, caches and uploads artifacts for the jobs of a GitLab Runner
#
# Rendered by forkwright from recipes/gitlab-runner-helper.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.23-bookworm AS build
ENV CGO_ENABLED=0 \
    GOOS=windows \
    GOARCH=amd64 \
    GOAMD64=v1 \
    GOTOOLCHAIN=local \
    GO111MODULE=on
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://gitlab.com/gitlab-org/gitlab-runner.git
COPY --from=upstream . .
RUN go build -trimpath -mod=readonly -ldflags '-X gitlab.com/gitlab-org/gitlab-runner/common.NAME=gitlab-runner-helper -X gitlab.com/gitlab-org/gitlab-runner/common.VERSION=17-7-stable -X gitlab.com/gitlab-org/gitlab-runner/common.BRANCH=17-7-stable -w' -o /out/gitlab-runner-helper.exe ./apps/gitlab-runner-helper

FROM mcr.microsoft.com/windows/servercore:ltsc2022 AS image

# The program, and nothing else of the build.
COPY --from=build ["/out/gitlab-runner-helper.exe", "/Program Files/gitlab-runner-helper/gitlab-runner-helper.exe"]

# Files of the recipe, with its modes and owners.
COPY --from=upstream dockerfiles/runner-helper/helpers/entrypoint.cmd /entrypoint.cmd

# ENTRYPOINT clears a CMD of the base; there is none in its place.
ENTRYPOINT ["C:\\entrypoint.cmd"]

LABEL org.opencontainers.image.base.name="mcr.microsoft.com/windows/servercore:ltsc2022" \
      org.opencontainers.image.description="Clones, caches and uploads artifacts for the jobs of a GitLab Runner" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://gitlab.com/gitlab-org/gitlab-runner.git" \
      org.opencontainers.image.title="GitLab Runner helper" \
      org.opencontainers.image.url="https://docs.gitlab.com/runner/" \
      org.opencontainers.image.vendor="Release Engineering" \
      org.opencontainers.image.version="17-7-stable"
