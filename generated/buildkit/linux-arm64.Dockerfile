# buildkit for linux/arm64: The BuildKit daemon with what it runs builds with
#
# Rendered by forkwright from recipes/buildkit.yaml: edit the recipe, then run `forkwright render`.

# docker-bake.json hands in the context `upstream-image`, which upstream's own Dockerfile makes:
# Dockerfile of https://github.com/moby/buildkit.git
FROM upstream-image AS image

LABEL org.opencontainers.image.description="The BuildKit daemon with what it runs builds with" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/moby/buildkit.git" \
      org.opencontainers.image.title="buildkit" \
      org.opencontainers.image.url="https://github.com/moby/buildkit" \
      org.opencontainers.image.vendor="Release Engineering" \
      org.opencontainers.image.version="master"
