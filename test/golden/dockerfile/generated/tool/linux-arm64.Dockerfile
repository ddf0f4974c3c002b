# tool for linux/arm64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# docker-bake.json hands in the context `upstream-image`, which upstream's own Dockerfile makes:
# hack/Dockerfile, stage release, of https://git.example.org/tools/tool.git with patches/tool applied
FROM upstream-image AS image
# No index is kept: it would be out of date.
RUN apk add --no-cache \
      tar

CMD ["serve"]

LABEL org.opencontainers.image.source="https://git.example.org/tools/tool.git" \
      org.opencontainers.image.title="tool"
