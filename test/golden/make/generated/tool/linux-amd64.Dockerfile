# tool for linux/amd64: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# make builds for the platform it runs on, which a builder of another platform emulates.
FROM gcc:14 AS build
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream . .
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
RUN make -j"$(nproc)"

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /src/out/tool /bin/tool
