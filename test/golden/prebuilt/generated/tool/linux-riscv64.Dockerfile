# tool for linux/riscv64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

FROM scratch AS image

# The program, with the mode and owner of the recipe.
COPY --chown=10:20 --chmod=0755 bin/tool-riscv64 /bin/tool

ENTRYPOINT ["/bin/tool"]

LABEL org.opencontainers.image.source="https://git.example.org/tools/tool.git" \
      org.opencontainers.image.title="tool"
