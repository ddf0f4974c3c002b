# esbuild for linux/riscv64: A bundler and minifier for JavaScript and CSS, as one static program on an empty image
#
# Rendered by forkwright from recipes/esbuild.yaml: edit the recipe, then run `forkwright render`.

# @esbuild/linux-riscv64 0.28.2 of npm, held to the integrity that the recipe names.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS program
ARG NPM_REGISTRY=https://registry.npmjs.org
ADD ${NPM_REGISTRY}/@esbuild/linux-riscv64/-/linux-riscv64-0.28.2.tgz /package.tgz
RUN echo '19e5c27a3e0842d53507e4250d5f16fd146f6f32373bf4adb2cfbf6c25efe25665b3958646dbb66bedc9900de2e2a21494c5e970779b5a917c024261013a30b8  /package.tgz' | sha512sum -c - \
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
