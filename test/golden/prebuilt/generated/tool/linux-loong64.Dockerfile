# tool for linux/loong64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# A file of the workspace, held to the checksum that the recipe names.
FROM --platform=$BUILDPLATFORM alpine:3.20 AS program
COPY bin/tool-loong64 /file
RUN echo '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  /file' | sha256sum -c -

FROM scratch AS image

# The program, with the mode and owner of the recipe.
COPY --from=program --chmod=0755 /file /bin/tool

ENTRYPOINT ["/bin/tool"]

LABEL org.opencontainers.image.source="https://git.example.org/tools/tool.git" \
      org.opencontainers.image.title="tool"
