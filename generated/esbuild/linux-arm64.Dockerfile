# esbuild for linux/arm64: A bundler and minifier for JavaScript and CSS, as one static program on an empty image
#
# Rendered by forkwright from recipes/esbuild.yaml: edit the recipe, then run `forkwright render`.

# @esbuild/linux-arm64 0.28.2 of npm, held to the integrity that the recipe names.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS program
ARG NPM_REGISTRY=https://registry.npmjs.org
ADD ${NPM_REGISTRY}/@esbuild/linux-arm64/-/linux-arm64-0.28.2.tgz /package.tgz
RUN echo 'a56e000b43f78adf1cedda3d315338a79d45cc7cdd33f4d9adeaeeae045c1c9d964dad55435088ab5f319dc7e9049c38a23922659aca5b6c8805604ff768fa52  /package.tgz' | sha512sum -c - \
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
