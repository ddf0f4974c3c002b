# tool for linux/arm64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

FROM scratch AS image

# The program, with the mode and owner of the recipe.
ADD --checksum=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --chmod=0555 ["https://example.org/tool?for=arm64", "/bin/tool"]

ENTRYPOINT ["/bin/tool"]

LABEL org.opencontainers.image.source="https://git.example.org/tools/tool.git" \
      org.opencontainers.image.title="tool"
