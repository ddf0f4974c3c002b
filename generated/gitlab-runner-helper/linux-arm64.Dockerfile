# gitlab-runner-helper for linux/arm64: Clones, caches and uploads artifacts for the jobs of a GitLab Runner
#
# Rendered by forkwright from recipes/gitlab-runner-helper.yaml: edit the recipe, then run `forkwright render`.

# Go cross-compiles on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.23-bookworm AS build
ENV CGO_ENABLED=0 \
    GOOS=linux \
    GOARCH=arm64 \
    GOTOOLCHAIN=local \
    GO111MODULE=on
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://gitlab.com/gitlab-org/gitlab-runner.git
COPY --from=upstream . .
RUN go build -trimpath -mod=readonly -ldflags '-X gitlab.com/gitlab-org/gitlab-runner/common.NAME=gitlab-runner-helper -X gitlab.com/gitlab-org/gitlab-runner/common.VERSION=17-7-stable -X gitlab.com/gitlab-org/gitlab-runner/common.BRANCH=17-7-stable -w' -o /out/gitlab-runner-helper ./apps/gitlab-runner-helper

FROM alpine:3.20 AS image
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
# No index is kept: it would be out of date. Nor is apk's log, which has the time in it.
RUN apk add --no-cache \
      bash \
      ca-certificates \
      dumb-init \
      git \
      git-lfs \
      perl \
 && rm -f /var/log/apk.log

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /out/gitlab-runner-helper /usr/bin/gitlab-runner-helper

# Files of the recipe, with its modes and owners.
COPY --from=upstream --chmod=0755 dockerfiles/runner-helper/helpers/entrypoint /entrypoint
COPY --from=upstream --chmod=0755 dockerfiles/runner-helper/scripts/gitlab-runner-build /usr/bin/gitlab-runner-build
COPY --chmod=0644 <<'EOF' /etc/gitconfig
[filter "lfs"]
	clean = git-lfs clean -- %f
	smudge = git-lfs smudge -- %f
	process = git-lfs filter-process
	required = true
EOF

ENV PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENTRYPOINT ["/usr/bin/dumb-init", "/entrypoint"]
CMD ["sh"]

LABEL org.opencontainers.image.base.name="docker.io/library/alpine:3.20" \
      org.opencontainers.image.description="Clones, caches and uploads artifacts for the jobs of a GitLab Runner" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://gitlab.com/gitlab-org/gitlab-runner.git" \
      org.opencontainers.image.title="GitLab Runner helper" \
      org.opencontainers.image.url="https://docs.gitlab.com/runner/" \
      org.opencontainers.image.vendor="Release Engineering" \
      org.opencontainers.image.version="17-7-stable"
