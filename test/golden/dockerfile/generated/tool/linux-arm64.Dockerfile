# tool for linux/arm64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# docker-bake.json hands in the context `upstream-image`, which upstream's own Dockerfile makes:
# hack/Dockerfile, stage release, of https://git.example.org/tools/tool.git with patches/tool applied
FROM upstream-image AS image
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
# No index is kept: it would be out of date. Nor is apk's log, which has the time in it.
RUN apk add --no-cache \
      tar \
 && rm -f /var/log/apk.log

CMD ["serve"]

LABEL org.opencontainers.image.source="https://git.example.org/tools/tool.git" \
      org.opencontainers.image.title="tool"
