# tool for linux/arm64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

FROM alpine:3.20 AS image
# Packages are installed by root, whoever the base's user is; the image's own is set below.
USER 0
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
# No index is kept: it would be out of date. Nor is apk's log, which has the time in it.
RUN apk add --no-cache \
      tar \
      'xz>=5.6' \
 && rm -f /var/log/apk.log

ENV LANG="C.UTF-8" \
    GREETING="say \"hi\" for \$5"
WORKDIR /work
USER 65532:65532
EXPOSE 8080/tcp 53/udp
VOLUME ["/data", "/my files"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=1500ms --start-period=2ms --retries=3 CMD ["/bin/check", "--all"]
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["echo $HOME"]

LABEL org.opencontainers.image.source="https://git.example.org/tools/tool.git" \
      org.opencontainers.image.title="tool"
