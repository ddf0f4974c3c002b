# tool for linux/s390x: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# docker-bake.json hands in the context `upstream-image`, which upstream's own Dockerfile makes:
# Dockerfile of https://git.example.org/tools/tool.git
FROM upstream-image AS image
# Packages are installed by root, whoever the base's user is; the image's own is set below.
USER 0
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
# No index is kept: it would be out of date. Nor is apk's log, which has the time in it.
RUN apk add --no-cache \
      tar \
 && rm -f /var/log/apk.log

# Files of the recipe, with its modes and owners.
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream --chmod=0644 ["etc/[\\\\[]tool].conf", "/etc/tool.conf"]

USER nobody
