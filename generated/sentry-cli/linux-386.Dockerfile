# sentry-cli for linux/386: Uploads releases, source maps and debug files to Sentry, as one static program on an empty image. It brings no CA certificates: mount those of the host at /etc/ssl/certs.
#
# Rendered by forkwright from recipes/sentry-cli.yaml: edit the recipe, then run `forkwright render`.

# @sentry/cli-linux-i686 3.8.0 of npm, held to the integrity that the recipe names.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS program
ARG NPM_REGISTRY=https://registry.npmjs.org
ADD ${NPM_REGISTRY}/@sentry/cli-linux-i686/-/cli-linux-i686-3.8.0.tgz /package.tgz
RUN echo '7244395de63e0f9212c852ab1a7998b79c5aaea4355473cc049427c271b41dbd55d75e9e7c022eb0ae4daa81cc3f4a3906ed7b05195ac5803597cd479af2aa15  /package.tgz' | sha512sum -c - \
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
