# tool for linux/s390x: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

FROM scratch AS image

# The program, with the mode and owner of the recipe.
COPY --from=alpine:3.20 --chmod=0755 /bin/busybox /bin/tool

ENTRYPOINT ["/bin/tool"]

LABEL org.opencontainers.image.source="https://git.example.org/tools/tool.git" \
      org.opencontainers.image.title="tool"
