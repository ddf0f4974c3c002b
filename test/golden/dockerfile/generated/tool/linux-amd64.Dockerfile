# tool for linux/amd64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# docker-bake.json hands in the context `upstream-image`, which upstream's own Dockerfile makes:
# Dockerfile of https://git.example.org/tools/tool.git
FROM upstream-image AS image
