// How long a cold build of dockerfile-copy for six platforms takes, beside one hand-written multi-platform `docker buildx
// build` of the same image. Needs an engine and `npm run build`; FORKWRIGHT_MIRRORS is heeded by both. The upstream is a
// stand-in of a GOPATH layout, reached by git's URL rewriting. Numbers are kept in docs/benchmarks.md.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const RECIPE = fileURLToPath(new URL('../../recipes/dockerfile-copy.yaml', import.meta.url));
const UPSTREAM = 'https://github.com/tonistiigi/copy.git';

const PROGRAM = `package main

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"os"

	"github.com/pkg/tell"
)

func main() {
	if len(os.Args) < 3 {
		tell.Usage()
	}
	in, err := os.Open(os.Args[1])
	if err != nil {
		tell.Fail(err)
	}
	out, err := os.Create(os.Args[2])
	if err != nil {
		tell.Fail(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		tell.Fail(err)
	}
	_, _ = tar.NewReader(in), gzip.NewWriter(out)
	fmt.Println("copied")
}
`;
const PACKAGE = `package tell

import (
	"fmt"
	"os"
)

func Usage() { Fail(fmt.Errorf("usage: copy SOURCE DESTINATION")) }

func Fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
`;
const DOCKERFILE = `FROM --platform=$BUILDPLATFORM golang:1.19-bookworm AS build
ENV CGO_ENABLED=0 GO111MODULE=off GOPATH=/go
WORKDIR /go/src/github.com/tonistiigi/copy
COPY . .
ARG TARGETOS TARGETARCH TARGETVARIANT
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=\${TARGETVARIANT#v} \\
    go build -trimpath -ldflags '-s -w' -o /out/copy ./cmd/copy

FROM alpine:3.20
RUN apk add --no-cache tar gzip bzip2 xz
COPY --from=build /out/copy /bin/copy
ENTRYPOINT ["/bin/copy"]
LABEL org.opencontainers.image.title="dockerfile-copy"
`;
const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/arm/v6', 'linux/ppc64le', 'linux/s390x'];

const folder = await mkdtemp(join(tmpdir(), 'forkwright-bench-'));
try {
  const [repository, workspace, out] = ['upstream', 'workspace', 'by-hand'].map((name) => join(folder, name));
  await writeFiles(repository, {
    'cmd/copy/main.go': PROGRAM,
    'vendor/github.com/pkg/tell/tell.go': PACKAGE,
  });
  const git = (...args) => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
  git('init', '--quiet', '--initial-branch=master');
  git('add', '.');
  git('-c', 'user.name=bench', '-c', 'user.email=bench@example.org', 'commit', '--quiet', '-m', 'stand-in');
  const commit = git('rev-parse', 'HEAD');
  await writeFiles(workspace, {
    'recipes/dockerfile-copy.yaml': (await readFile(RECIPE, 'utf8')).replace(/commit: .*/, `commit: ${commit}`),
    'forkwright.yaml': 'registry: registry.example.com/releng\n',
  });
  await writeFiles(out, { Dockerfile: DOCKERFILE });
  const env = {
    ...process.env,
    FORKWRIGHT_CACHE: join(folder, 'cache'),
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${repository}.insteadOf`,
    GIT_CONFIG_VALUE_0: UPSTREAM,
  };
  const run = (file, args, cwd) => {
    const start = performance.now();
    execFileSync(file, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    return (performance.now() - start) / 1000;
  };
  const mirrors = (process.env.FORKWRIGHT_MIRRORS ?? '').split(',').flatMap((each) => {
    const [host, mirror] = each.split('=');
    const images = ['alpine:3.20', 'golang:1.19-bookworm'];
    return host === 'docker.io'
      ? images.map((image) => `--build-context=${image}=docker-image://${mirror}/library/${image}`)
      : [];
  });
  const byHand = () =>
    run(
      'docker',
      [
        'buildx',
        'build',
        '--no-cache',
        `--platform=${PLATFORMS.join(',')}`,
        '--build-arg=SOURCE_DATE_EPOCH=0',
        `--output=type=oci,dest=${join(out, 'copy.oci.tar')},rewrite-timestamp=true`,
        '--provenance=mode=min',
        ...mirrors,
        `--file=${join(out, 'Dockerfile')}`,
        repository,
      ],
      out,
    );
  const byForkwright = (...options) =>
    run(
      process.execPath,
      [MAIN, '--quiet', 'build', 'dockerfile-copy', '--no-cache', '--no-test', ...options],
      workspace,
    );
  // Images that are built on are pulled in the first round, which does not count.
  byHand();
  const rows = [
    { name: 'docker buildx build, by hand', run: byHand, seconds: [] },
    { name: 'forkwright build', run: () => byForkwright(), seconds: [] },
    { name: 'forkwright build --parallel 6', run: () => byForkwright('--parallel', '6'), seconds: [] },
  ];
  for (let round = 0; round < ROUNDS; round++) for (const row of rows) row.seconds.push(row.run());
  const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const base = median(rows[0].seconds);
  for (const { name, seconds } of rows) {
    const ratio = (median(seconds) / base).toFixed(2);
    console.log(`${name.padEnd(32)} ${seconds.map((each) => each.toFixed(1)).join(', ')} s   x ${ratio}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function writeFiles(root, files) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}
