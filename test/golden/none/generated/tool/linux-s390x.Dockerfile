# tool for linux/s390x: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# A here-document always ends in a line end and takes no path with spaces: this stage makes up for both.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS file-3
COPY <<'EOF' /document
spaced
EOF
RUN head -c 7 /document > /file

# scratch has no package manager: apk fills a root of its own, with Alpine's keys and repositories. The devices that it
# makes are those of whatever runs the image.
FROM alpine:3.20 AS packages
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
RUN mkdir -p /out/etc/apk \
 && cp -R /etc/apk/keys /etc/apk/repositories /out/etc/apk/ \
 && apk add --no-cache --initdb -p /out \
      tar \
      gzip \
 && rm -rf /out/dev/* /out/var/log/apk.log

FROM scratch AS image
COPY --from=packages /out/ /

# Files of the recipe, with its modes and owners.
COPY --chmod=0644 <<'EOF' /etc/passwd
root:x:0:0::/:/bin/sh
EOF
COPY --chown=1:2 --chmod=0755 <<'EOF_1' /etc/script
cat <<EOF
$X
EOF
EOF_1
COPY --from=file-3 --chmod=0644 ["/file", "/etc/my file"]
COPY --chmod=0644 ["assets/[\\\\[]1].txt", "/one.txt"]
