# esbuild for linux/arm/v7: A bundler and minifier for JavaScript and CSS, as one static program on an empty image
#
# Rendered by forkwright from recipes/esbuild.yaml: edit the recipe, then run `forkwright render`.

# @esbuild/linux-arm 0.28.2 of npm, held to the integrity that the recipe names.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS program
ARG NPM_REGISTRY=https://registry.npmjs.org
ADD ${NPM_REGISTRY}/@esbuild/linux-arm/-/linux-arm-0.28.2.tgz /package.tgz
RUN echo '5e50e7bb6ab9ca8a9e9acfb16b2eb0480720f430c3ecaf512ca64404e3199b7724369241bce5f6d2d49f6f2f0a7ebae120d0f2bfd57661564a63f4a9a06248f3  /package.tgz' | sha512sum -c - \
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
