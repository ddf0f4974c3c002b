# tool for windows/amd64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

FROM scratch AS image

# The program, with the mode and owner of the recipe.
COPY bin/tool.exe /tool.exe

ENTRYPOINT ["/bin/tool"]

LABEL org.opencontainers.image.source="https://git.example.org/tools/tool.git" \
      org.opencontainers.image.title="tool"
