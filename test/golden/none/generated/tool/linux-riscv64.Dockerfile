# tool for linux/riscv64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

FROM scratch AS image

# Files of the recipe, with its modes and owners.
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git with patches/tool applied
COPY --from=upstream --chown=1:0 --chmod=0755 scripts/entrypoint /entrypoint
