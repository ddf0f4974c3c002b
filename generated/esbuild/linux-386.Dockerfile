# esbuild for linux/386: A bundler and minifier for JavaScript and CSS, as one static program on an empty image
#
# Rendered by forkwright from recipes/esbuild.yaml: edit the recipe, then run `forkwright render`.

# @esbuild/linux-ia32 0.28.2 of npm, held to the integrity that the recipe names.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS program
ARG NPM_REGISTRY=https://registry.npmjs.org
ADD ${NPM_REGISTRY}/@esbuild/linux-ia32/-/linux-ia32-0.28.2.tgz /package.tgz
RUN echo '0986e78fbf07b08780f8386050a80509fbcdb131c584c32b8a752b319a435c95ca37c4f75d589367ffb0b47795c44598f1ec12cd314dfa74664b03b6b5968b51  /package.tgz' | sha512sum -c - \
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
