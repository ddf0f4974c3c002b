# binfmt for linux/386: QEMU's user mode emulators, and the program that registers them with the kernel
#
# Rendered by forkwright from recipes/binfmt.yaml: edit the recipe, then run `forkwright render`.

# docker-bake.json hands in the context `upstream-image`, which upstream's own Dockerfile makes:
# Dockerfile of https://github.com/tonistiigi/binfmt.git
FROM upstream-image AS image

LABEL org.opencontainers.image.description="QEMU's user mode emulators, and the program that registers them with the kernel" \
      org.opencontainers.image.licenses="MIT AND GPL-2.0-only" \
      org.opencontainers.image.source="https://github.com/tonistiigi/binfmt.git" \
      org.opencontainers.image.title="binfmt" \
      org.opencontainers.image.url="https://github.com/tonistiigi/binfmt" \
      org.opencontainers.image.vendor="Release Engineering" \
      org.opencontainers.image.version="master"
