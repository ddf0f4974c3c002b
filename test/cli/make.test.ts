import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/process/run-program.ts';
import { makeFolder } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';
import { LACKING } from '../support/has-program.ts';
import { startServer } from '../support/file-server.ts';
import { elf } from '../support/programs.ts';

const NATIVE = `name: native
version: "1.0"
build:
  kind: prebuilt
  path: programs/{arch}
  output: /bin/tool
image:
  base: scratch
  entrypoint: [/bin/tool]
  files:
    - content: |
        greeting = hello
      to: /etc/tool.conf
      mode: "0640"
      owner: "7:8"
platforms: [linux/arm64, linux/amd64]
`;

const ENGINE = `name: engine
version: "1.0"
upstream:
  git: https://git.example.org/tools/tool.git
  branch: main
  commit: 3385f1bfe8d491169b054e4417f570c30f6325df
build:
  kind: go
  image: golang:1.19-bookworm
  package: ./cmd/tool
  output: /bin/tool
image:
  base: scratch
  entrypoint: [/bin/tool]
platforms: [linux/amd64]
`;

function downloadRecipe(url: string): string {
  return `name: download
version: "1.0"
build:
  kind: prebuilt
  url: ${url}/tool
  sha256: "${'0'.repeat(64)}"
  output: /bin/tool
image:
  base: scratch
  entrypoint: [/bin/tool]
platforms: [linux/amd64]
`;
}

async function makeWorkspace(recipes: Readonly<Record<string, string>>): Promise<string> {
  const root = await makeFolder();
  const files: Readonly<Record<string, Uint8Array | string>> = {
    'forkwright.yaml': '{}\n',
    'programs/amd64': elf({ machine: 62, bits: 64, endianness: 'little' }),
    'programs/arm64': elf({ machine: 183, bits: 64, endianness: 'little' }),
    ...Object.fromEntries(Object.entries(recipes).map(([name, text]) => [`recipes/${name}.yaml`, text])),
  };
  for (const [name, data] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), data);
  }
  return root;
}

const REASON = 'its program is built from source (go)';
const NEED = 'a build engine (Docker with buildx)';
const LACK = 'there is no docker on PATH';

test('make builds what this machine can, and says what it cannot', async () => {
  const root = await makeWorkspace({ native: NATIVE, engine: ENGINE });
  const { exitCode, stdout, stderr } = await runInProcess(['make'], { cwd: root });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('error') });
  const [head, engine, native, blank, reason, ...rest] = stdout.split('\n');
  expect(head).toMatch(/^recipe +platforms +index digest +size +seconds$/);
  expect(engine).toMatch(/^engine +1 +not built$/);
  expect(native).toMatch(/^native +2 +sha256:[0-9a-f]{64} +\d+\.\d KiB +0\.0$/);
  expect([blank, reason, ...rest]).toEqual(['', `engine was not built: ${REASON}; it needs ${NEED}, and ${LACK}`, '']);
  expect(await readdir(join(root, 'out'))).toEqual(['native']);
  expect(await readdir(join(root, 'out/native'))).toEqual([
    'linux-amd64.log',
    'linux-amd64.oci.tar',
    'linux-arm64.log',
    'linux-arm64.oci.tar',
    'native.oci.tar',
  ]);
  expect(await readdir(join(root, 'generated'))).toEqual(['engine', 'native', 'pipeline.gitlab-ci.yml']);
  const verified = await runInProcess(['verify', 'out/native/native.oci.tar', '--recipe', 'native'], { cwd: root });
  expect(verified.exitCode).toBe(0);
});

test('a second make gives the same bytes, and so does one elsewhere; --json says the same as the table', async () => {
  const root = await makeWorkspace({ native: NATIVE, engine: ENGINE });
  const index = join(root, 'out/native/native.oci.tar');
  const first = await runInProcess(['make', '--json'], { cwd: root });
  const bytes = await readFile(index);
  const { recipes, ...document } = JSON.parse(first.stdout);
  expect(document).toMatchObject({ schema: 'forkwright.make/v1', findings: [{ code: 'lock.missing' }] });
  expect(recipes).toEqual([
    {
      name: 'engine',
      version: '1.0',
      state: 'not-built',
      platforms: ['linux/amd64'],
      seconds: 0,
      reason: REASON,
      need: NEED,
      lack: LACK,
    },
    {
      name: 'native',
      version: '1.0',
      state: 'built',
      platforms: ['linux/amd64', 'linux/arm64'],
      seconds: 0,
      path: 'out/native/native.oci.tar',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      sizeBytes: bytes.length,
      targets: [
        { platform: 'linux/amd64', state: 'built', reason: null },
        { platform: 'linux/arm64', state: 'built', reason: null },
      ],
    },
  ]);
  expect((await runInProcess(['make', '--json'], { cwd: root })).stdout).toBe(first.stdout);
  expect((await readFile(index)).equals(bytes)).toBe(true);
  const elsewhere = await makeWorkspace({ native: NATIVE });
  await runInProcess(['make'], { cwd: elsewhere });
  expect((await readFile(join(elsewhere, 'out/native/native.oci.tar'))).equals(bytes)).toBe(true);
});

test('a download that fails leaves the other recipes built, and ends with 2', async () => {
  const server = await startServer(() => ({ status: 404 }));
  const root = await makeWorkspace({ download: downloadRecipe(server.url), native: NATIVE });
  const { exitCode, stdout, stderr } = await runInProcess(['make'], { cwd: root, fetch: globalThis.fetch });
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/^download +1 +failed +0\.0$/m);
  expect(stdout).toMatch(/^native +2 +sha256:/m);
  expect(stderr).toContain(`${server.url}/tool: error: tool: the server answered 404 Not Found [download.not-found]\n`);
  expect(stderr).toContain('hint: check name and version in the recipe\n');
  expect(await readdir(join(root, 'out'))).toEqual(['native']);
});

test('a program of another machine is found when the index is verified', async () => {
  const root = await makeWorkspace({ native: NATIVE });
  await writeFile(join(root, 'programs/arm64'), await readFile(join(root, 'programs/amd64')));
  const { exitCode, stderr } = await runInProcess(['make'], { cwd: root });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('/bin/tool is an ELF program');
  expect(stderr).toContain('[program.wrong-machine]');
});

test('make writes the release files of a recipe that has some', async ({ skip }) => {
  skip(LACKING.size > 0, `there is no ${[...LACKING].join(', ')} on PATH`);
  const archives = 'archives:\n  scheme: plain\n  kinds: [export, { kind: save, deprecated: "2027-01-01" }]\n';
  const root = await makeWorkspace({ native: `${NATIVE}${archives}` });
  const { exitCode, stdout } = await runInProcess(['make', '--json'], { cwd: root, run: runProgram });
  expect(exitCode).toBe(0);
  const { recipes, findings } = JSON.parse(stdout);
  const names = ['linux-amd64', 'linux-arm64'].flatMap((slug) => {
    const file = `native-${slug}`;
    return [
      `${file}.docker.tar.zst`,
      `${file}.rootfs.tar.xz`,
      `${file}.rootfs.tar.xz.import.sh`,
      `${file}.rootfs.tar.xz.json`,
    ];
  });
  expect(recipes[0].release.path).toBe('out/native/release');
  expect(recipes[0].release.files.map(({ name }: { name: string }) => name)).toEqual(names);
  expect((await readdir(join(root, 'out/native/release'))).toSorted()).toEqual(['SHA256SUMS', ...names]);
  expect(findings.map(({ code }: { code: string }) => code)).toEqual(['archives.deprecated', 'archives.deprecated']);
  // The same files as the command of their own writes.
  await runInProcess(['archives', 'native', '--output', 'again'], { cwd: root, run: runProgram });
  expect(await readFile(join(root, 'again/SHA256SUMS'), 'utf8')).toBe(
    await readFile(join(root, 'out/native/release/SHA256SUMS'), 'utf8'),
  );
  expect(await readFile(join(root, 'generated/pipeline.gitlab-ci.yml'), 'utf8')).toContain(
    '- $FORKWRIGHT_COMMAND archives native\n',
  );
});

test('make of one recipe; a name that is none', async () => {
  const root = await makeWorkspace({ native: NATIVE, engine: ENGINE });
  const { exitCode, stdout } = await runInProcess(['make', 'native'], { cwd: root });
  expect(exitCode).toBe(0);
  expect(stdout).not.toContain('engine');
  const unknown = await runInProcess(['make', 'nativ'], { cwd: root });
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('there is no recipe "nativ" [recipe.unknown-name]');
});

test('build of one platform writes one archive', async () => {
  const root = await makeWorkspace({ native: NATIVE });
  const { exitCode, stdout } = await runInProcess(['build', 'native', '--platform', 'linux/aarch64', '--json'], {
    cwd: root,
  });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    schema: 'forkwright.build/v1',
    archives: [
      {
        recipe: 'native',
        platform: 'linux/arm64',
        state: 'built',
        reason: null,
        path: 'out/native/linux-arm64.oci.tar',
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        sizeBytes: expect.any(Number),
        tests: null,
      },
    ],
    findings: [],
  });
  expect(await readdir(join(root, 'out/native'))).toEqual(['linux-arm64.log', 'linux-arm64.oci.tar']);
});

test('build of a platform that the recipe does not have, and of a recipe that needs an engine', async () => {
  const root = await makeWorkspace({ native: NATIVE, engine: ENGINE });
  const other = await runInProcess(['build', 'native', '--platform', 'linux/s390x'], { cwd: root });
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toContain(
    'recipes/native.yaml: error: the recipe has no platform linux/s390x [build.no-such-platform]\n  hint: it has linux/amd64, linux/arm64\n',
  );
  const engine = await runInProcess(['build', 'engine'], { cwd: root });
  expect(engine).toMatchObject({ exitCode: 2, stdout: '' });
  expect(engine.stderr).toContain(
    `recipes/engine.yaml: error: linux/amd64 was not built: ${REASON}; that needs a build engine, and ${LACK} [build.needs-engine]\n`,
  );
});
