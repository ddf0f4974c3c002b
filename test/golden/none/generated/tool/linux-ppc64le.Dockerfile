# tool for linux/ppc64le: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# docker-bake.json hands in the context `base`: bases/alpine
FROM base AS image

# ENTRYPOINT clears a CMD of the base; there is none in its place.
ENTRYPOINT ["/bin/tool"]
