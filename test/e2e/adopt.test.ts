import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { provideCopyBuild } from './support/copy-build.ts';
import { contextArguments } from './support/docker.ts';
import { testWith, type Need } from './support/needs.ts';
import { runForkwright, runWell } from './support/run.ts';
import { BASE_IMAGE, COPY_PLATFORMS, FOLDER, GO_IMAGE } from './support/settings.ts';

const BUILD: readonly Need[] = ['docker', 'engine', 'emulators', 'go-image'];

testWith(BUILD, 'dockerfile-copy is drafted from its image as its recipe says it', async () => {
  const { root, index, upstream } = await provideCopyBuild();
  const output = 'drafts/dockerfile-copy.yaml';
  await mkdir(join(root, 'drafts'), { recursive: true });
  const { exitCode, stdout, stderr } = await runForkwright(['adopt', index, '--json'], { cwd: root });
  expect(exitCode, stderr).toBe(0);
  const { recipe, name } = JSON.parse(stdout) as { readonly recipe: string; readonly name: string };
  await writeFile(join(root, output), recipe);
  expect(name).toBe('dockerfile-copy');
  for (const line of [
    '  git: https://github.com/tonistiigi/copy.git',
    `  commit: ${upstream.commit} # by the label org.opencontainers.image.revision`,
    '  image: golang:1.19-bookworm # guessed: ',
    '  package: ./cmd/copy',
    '  importPath: github.com/tonistiigi/copy',
    '  modules: gopath',
    '  ldflags: -s -w # guessed: it has no table of symbols',
    '  output: /bin/copy',
    '  base: alpine:3.20',
    '  packages: [bzip2, gzip, tar, xz]',
    '  entrypoint: [/bin/copy]',
    ...COPY_PLATFORMS.map((platform) => `  - ${platform}`),
  ]) {
    expect(
      recipe.split('\n').some((each) => each.startsWith(line)),
      `${line}\n${recipe}`,
    ).toBe(true);
  }
});

const MAIN = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("tool") }\n';
const DOCKERFILE = `FROM golang:1.19-bookworm AS build
ENV HOME=/root CGO_ENABLED=0
COPY main.go /go/src/example.org/group/tool/cmd/tool/
COPY main.go /build/module/cmd/tool/
RUN printf 'module example.org/group/tool\\n\\ngo 1.19\\n' > /build/module/go.mod
ARG MODE
ARG FLAGS
RUN if [ "$MODE" = modules ]; then cd /build/module; else export GO111MODULE=off; cd /go/src/example.org/group/tool; fi && \\
  if [ "$MODE" = gopath ]; then export GOPATH=/go; fi && \\
  go build $FLAGS -ldflags "-s -w" -o /tool ./cmd/tool
FROM scratch
COPY --from=build /tool /bin/tool
ENTRYPOINT ["/bin/tool"]
`;

const GOPATH = ['  importPath: example.org/group/tool', '  modules: gopath', '  ldflags: -s -w'];
const MODES = [
  { mode: 'gopath', flags: '', lines: GOPATH },
  { mode: 'gopath', flags: '-trimpath', lines: GOPATH.slice(0, 2) },
  // The folder lies below no GOPATH.
  { mode: 'outside', flags: '', lines: GOPATH.toSpliced(1, 1) },
  { mode: 'modules', flags: '-buildvcs=false', lines: ['  ldflags: -s -w'] },
  { mode: 'modules', flags: '-trimpath', lines: ['  ldflags: -s -w # guessed: it has no table of symbols'] },
];

for (const { mode, flags, lines } of MODES) {
  testWith(
    ['docker', 'engine', 'go-image'],
    `what Go 1.19 made of ${mode} ${flags} is told by its program`,
    async () => {
      const folder = join(FOLDER, `adopt-${mode}${flags}`);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'main.go'), MAIN);
      await writeFile(join(folder, 'Dockerfile'), DOCKERFILE);
      const contexts = contextArguments([BASE_IMAGE, GO_IMAGE], '--build-context', '');
      const built = [
        '--build-arg',
        `MODE=${mode}`,
        '--build-arg',
        `FLAGS=${flags}`,
        '--output',
        'type=oci,dest=tool.tar',
      ];
      await runWell(['docker', 'buildx', 'build', ...contexts, ...built, '.'], { cwd: folder });
      const { exitCode, stdout, stderr } = await runForkwright(['adopt', 'tool.tar'], { cwd: folder });
      expect(exitCode, stderr).toBe(0);
      const drafted = stdout.split('\n');
      for (const line of [
        '  package: ./cmd/tool',
        '  output: /bin/tool',
        '  base: scratch # guessed: it has no /etc/os-release',
        ...lines,
      ]) {
        expect(drafted, stdout).toContain(line);
      }
    },
  );
}

testWith(BUILD, 'its index has no differences to itself', async () => {
  const { root, index } = await provideCopyBuild();
  const same = await runForkwright(['parity', 'dockerfile-copy', '--theirs', index, '--quiet'], { cwd: root });
  expect(same).toMatchObject({ exitCode: 0, stderr: '' });
});
