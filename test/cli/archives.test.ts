import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/process/run-program.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { makeFolder } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';
import { LACKING } from '../support/has-program.ts';

const RECIPE = `name: tool
version: "1.2"
image:
  base: scratch
  entrypoint: [/bin/tool, "it's"]
  env: { A: "x y" }
  files:
    - { to: /bin/tool, content: "#!/bin/sh\\n", mode: "0755" }
platforms: [linux/amd64, linux/arm64]
publish: { image: "{registry}/tool" }
archives:
  scheme: gitlab-runner
  name: prebuilt-scratch
  kinds:
    - { kind: export, deprecated: "2027-01-01" }
    - save
`;

async function makeWorkspace(recipe = RECIPE) {
  const root = await makeFolder();
  await mkdir(join(root, 'recipes'));
  await writeFile(join(root, 'forkwright.yaml'), 'registry: registry.example.com\n');
  await writeFile(join(root, 'recipes/tool.yaml'), recipe);
  const run = (...argv: string[]) => runInProcess(argv, { cwd: root, env: process.env, run: runProgram });
  return { root, run };
}

async function textOf(...path: string[]): Promise<string> {
  return readFile(join(...path), 'utf8');
}

test('a file per platform and kind, what gives the config back, sums, and a table', async ({ skip }) => {
  skip(LACKING.size > 0, `there is no ${[...LACKING].join(', ')} on PATH`);
  const { root, run } = await makeWorkspace();
  await runInProcess(['build', 'tool'], { cwd: root });
  const { exitCode, stdout, stderr } = await run('archives', 'tool');
  expect(exitCode).toBe(0);
  const release = join(root, 'out/tool/release');
  const files = ['arm64', 'x86_64'].flatMap((arch) => {
    const name = `prebuilt-scratch-${arch}`;
    return [`${name}.docker.tar.zst`, `${name}.tar.xz`, `${name}.tar.xz.import.sh`, `${name}.tar.xz.json`];
  });
  expect((await readdir(release)).toSorted()).toEqual(['SHA256SUMS', ...files]);
  const sums = await Promise.all(
    files.map(async (name) => `${digestOf(await readFile(join(release, name))).slice(7)}  ${name}\n`),
  );
  expect(await textOf(release, 'SHA256SUMS')).toBe(sums.join(''));
  expect(await textOf(release, 'prebuilt-scratch-arm64.tar.xz.import.sh')).toBe(
    [
      '#!/bin/sh',
      '# Imports prebuilt-scratch-arm64.tar.xz with what an export does not hold: ENTRYPOINT, CMD, ENV, USER and the like.',
      '# Takes the name of the image; registry.example.com/tool:1.2 without it.',
      'set -eu',
      'cd "$(dirname "$0")"',
      "echo 'prebuilt-scratch-arm64.tar.xz is deprecated: it is not made any more from 2027-01-01 on' >&2",
      `exec docker import --platform linux/arm64 --change 'ENV PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"' --change 'ENV A="x y"' --change 'ENTRYPOINT ["/bin/tool", "it'\\''s"]' --change 'LABEL org.opencontainers.image.title="tool"' --change 'LABEL org.opencontainers.image.version="1.2"' prebuilt-scratch-arm64.tar.xz "\${1:-registry.example.com/tool:1.2}"`,
      '',
    ].join('\n'),
  );
  expect(stdout).toMatch(/^platform +export +save +flattened save +export\.tar +save\.tar +flattened\.tar\n/);
  expect(stdout).toMatch(/^all +\d.* B .*\+\d+\.\d %/m);
  expect(stderr).toContain(
    'note: prebuilt-scratch-x86_64.tar.xz is deprecated: it is not made any more from 2027-01-01 on [archives.deprecated]',
  );

  // The JSON file is what --config takes: the export is the image again.
  const file = join(release, 'prebuilt-scratch-arm64.tar.xz');
  const again = await run(
    'convert',
    file,
    'again.tar',
    '--to',
    'oci-archive',
    '--config',
    `${file}.json`,
    '--platform',
    'linux/arm64',
    '--json',
  );
  expect(again.exitCode).toBe(0);
  const { stdout: inspected } = await run('inspect', 'again.tar', '--json');
  expect(inspected).toContain('/bin/tool');

  // Two runs, the same bytes.
  await run('archives', 'tool', '--output', 'second');
  for (const name of await readdir(release)) {
    expect((await readFile(join(root, 'second', name))).equals(await readFile(join(release, name)))).toBe(true);
  }
});

test('what reads a release file of a deprecated kind says so', async ({ skip }) => {
  skip(LACKING.size > 0, `there is no ${[...LACKING].join(', ')} on PATH`);
  const recipe = RECIPE.replace('    - save', '    - { kind: save, deprecated: "2030-12-31" }').replace(
    '#!/bin/sh',
    'x',
  );
  const { root, run } = await makeWorkspace(recipe);
  await runInProcess(['build', 'tool'], { cwd: root });
  expect((await run('archives', 'tool')).exitCode).toBe(0);
  const path = 'out/tool/release/prebuilt-scratch-arm64';
  const said = (kind: string, date: string) =>
    `warning: archives of this kind (${kind}) are deprecated: they are not made any more from ${date} on [archive.deprecated]`;
  const config = ['--config', `${path}.tar.xz.json`];
  for (const [file, text, more] of [
    [`${path}.tar.xz`, said('export', '2027-01-01'), config],
    [`${path}.docker.tar.zst`, said('save', '2030-12-31'), []],
  ] as const) {
    for (const argv of [
      ['inspect', file, ...more],
      ['verify', file, ...more],
      ['convert', file, 'again.tar', '--to', 'oci-archive', ...more],
      ['assemble', file, '--output', 'index.tar', ...more],
    ]) {
      const { exitCode, stderr } = await run(...argv);
      expect({ argv, exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(text) });
    }
    // What is made of it is of another kind.
    for (const made of ['again.tar', 'index.tar']) {
      expect((await run('verify', made)).stderr).not.toContain('deprecated');
    }
    const { stdout } = await run('inspect', 'again.tar', '--json');
    expect(stdout).not.toContain('deprecated');
  }
  const extracted = await run('extract', `${path}.docker.tar.zst`, '/bin/tool', '--output', 'tool');
  expect(extracted.stderr).toContain(said('save', '2030-12-31'));
});

test('says which archives have to be built first', async () => {
  const { run } = await makeWorkspace();
  const { exitCode, stderr } = await run('archives', 'tool');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('there is no archive for linux/amd64, linux/arm64 [archives.not-built]');
  expect(stderr).toContain('hint: `forkwright build tool` writes them');
});

test('a recipe without the field has none', async () => {
  const { run } = await makeWorkspace(RECIPE.replace(/archives:[\s\S]*/, ''));
  const { exitCode, stderr } = await run('archives', 'tool');
  expect([exitCode, stderr]).toEqual([
    2,
    'recipes/tool.yaml: error: the recipe has no archives [archives.none]\n  hint: add archives: {scheme: plain}\n',
  ]);
});
