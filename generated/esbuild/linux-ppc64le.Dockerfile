# esbuild for linux/ppc64le: A bundler and minifier for JavaScript and CSS, as one static program on an empty image
#
# Rendered by forkwright from recipes/esbuild.yaml: edit the recipe, then run `forkwright render`.

# @esbuild/linux-ppc64 0.28.2 of npm, held to the integrity that the recipe names.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS program
ARG NPM_REGISTRY=https://registry.npmjs.org
ADD ${NPM_REGISTRY}/@esbuild/linux-ppc64/-/linux-ppc64-0.28.2.tgz /package.tgz
RUN echo '0805e5f83b5df5452e25df2928a77087a30b9b7314322a8c3e6859ded4d25cfa9fc90def0e5e91e6165d67f918a232b8a1f5ed75f4afd6d16af17cd6c7785e35  /package.tgz' | sha512sum -c - \
 && tar -xzOf /package.tgz package/bin/esbuild > /file

FROM scratch AS image

# The program, with the mode and owner of the recipe.
COPY --from=program --chmod=0755 /file /bin/esbuild

WORKDIR /work
ENTRYPOINT ["/bin/esbuild"]

LABEL org.opencontainers.image.description="A bundler and minifier for JavaScript and CSS, as one static program on an empty image" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/evanw/esbuild.git" \
      org.opencontainers.image.title="esbuild" \
      org.opencontainers.image.url="https://esbuild.github.io/" \
      org.opencontainers.image.vendor="Release Engineering" \
      org.opencontainers.image.version="0.28.2"
