# tool for linux/386: A tool
#
# Rendered by forkwright from recipes/tool.yaml: edit the recipe, then run `forkwright render`.

# A cross compiler runs on the builder's own platform: nothing is emulated.
FROM --platform=$BUILDPLATFORM debian:bookworm AS build
# The C compiler for i386: on a builder of that architecture its own.
RUN if [ "$(dpkg --print-architecture)" = i386 ]; \
    then compiler='gcc libc6-dev'; \
    else compiler='gcc-i686-linux-gnu libc6-dev-i386-cross'; fi \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $compiler \
      make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# docker-bake.json hands in the context `upstream`: https://git.example.org/tools/tool.git
COPY --from=upstream . .
# Programs that write the time write this one, that of the source.
ARG SOURCE_DATE_EPOCH
RUN make -j"$(nproc)" CC=i686-linux-gnu-gcc CXX=i686-linux-gnu-g++ AR=i686-linux-gnu-ar RANLIB=i686-linux-gnu-ranlib STRIP=true CROSS_COMPILE='' CFLAGS='-O2 -g0'
# What the recipe does with the program.
RUN test -s /src/out/tool

FROM scratch AS image

# The program, and nothing else of the build.
COPY --from=build --chmod=0755 /src/out/tool /bin/tool
