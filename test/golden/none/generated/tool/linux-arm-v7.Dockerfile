# tool for linux/arm/v7: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# A here-document always ends in a line end and takes no path with spaces: this stage makes up for both.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS file-3
COPY <<'EOF' /document
spaced
EOF
RUN head -c 7 /document > /file

FROM debian:bookworm-slim AS image
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
# Only what is asked for. No lists are kept, which would be out of date, and nothing that has the time in it.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      tar \
      xz-utils \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/lib/dpkg/*-old /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache \
      /var/log/apt/* /var/log/alternatives.log /var/log/dpkg.log

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

HEALTHCHECK NONE
