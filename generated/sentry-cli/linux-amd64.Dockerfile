# sentry-cli for linux/amd64: Uploads releases, source maps and debug files to Sentry, as one static program on an empty image. It brings no CA certificates: mount those of the host at /etc/ssl/certs.
#
# Rendered by forkwright from recipes/sentry-cli.yaml: edit the recipe, then run `forkwright render`.

# @sentry/cli-linux-x64 3.8.0 of npm, held to the integrity that the recipe names.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS program
ARG NPM_REGISTRY=https://registry.npmjs.org
ADD ${NPM_REGISTRY}/@sentry/cli-linux-x64/-/cli-linux-x64-3.8.0.tgz /package.tgz
RUN echo '8cc5dbc8b22e1855b5bae152072cb9e1e7641cf21a882572ca6296d226be96003a9df1441f863567e6f15f22ba041afc4c3ebf3f944eaa23e2be0d281440dc89  /package.tgz' | sha512sum -c - \
 && tar -xzOf /package.tgz package/bin/sentry-cli > /file

FROM scratch AS image

# The program, with the mode and owner of the recipe.
COPY --from=program --chmod=0755 /file /bin/sentry-cli

WORKDIR /work
ENTRYPOINT ["/bin/sentry-cli"]

LABEL org.opencontainers.image.description="Uploads releases, source maps and debug files to Sentry, as one static program on an empty image. It brings no CA certificates: mount those of the host at /etc/ssl/certs." \
      org.opencontainers.image.licenses="FSL-1.1-MIT" \
      org.opencontainers.image.source="https://github.com/getsentry/sentry-cli.git" \
      org.opencontainers.image.title="Sentry CLI" \
      org.opencontainers.image.url="https://docs.sentry.io/cli/" \
      org.opencontainers.image.vendor="Release Engineering" \
      org.opencontainers.image.version="3.8.0"
