import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../../src/process/run-program.ts';
import { makePlace, type Place } from '../source/repository.ts';
import { runInProcess } from '../support/context.ts';
import { makeDocker } from '../support/fake-docker.ts';
import { elf } from '../support/programs.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];

const ENGINE = `
  if (argv[1] === 'build') {
    say('#5 [2/2] RUN --network=none ["/bin/tool"]');
    say('#5 0.100 hello');
    say('#5 DONE 0.1s');
    return;
  }
  const name = argv.at(-1);
  const dest = /dest=([^,]*)/.exec(set.get(name + '.output'))[1];
  fs.copyFileSync('out/native/' + name.replace(/^tool-/, '') + '.oci.tar', dest);`;

test('an engine is asked for nothing where nothing is to be built, and images are tested once', async () => {
  const place = await makePlace();
  onTestFinished(place.remove);
  const commit = await place.commit({ 'main.go': 'package main\n' });
  const { registry, docker, run } = await prepareEngine(place, commit);
  const bakes = async () => (await docker.calls()).filter(([, verb]) => verb === 'bake').length;
  const trials = async () => (await docker.calls()).filter(([, verb]) => verb === 'build').length;
  const made = await run(['make', 'tool', '--no-test'], docker.env);
  expect([made.exitCode, made.stderr]).toEqual([0, expect.not.stringContaining('error')]);
  expect([await bakes(), await trials()]).toEqual([1, 0]);
  const [first, second] = [await run(['make', 'tool', '--if-needed'], docker.env), await trials()];
  expect([first.exitCode, await bakes(), second]).toEqual([0, 1, 1]);
  expect((await run(['make', 'tool', '--if-needed'], docker.env)).exitCode).toBe(0);
  expect([await bakes(), await trials()]).toEqual([1, 1]);
  expect((await run(['push', 'out/tool/tool.oci.tar', `${registry.host}/tool:1`], {})).exitCode).toBe(0);

  // Without an engine.
  const alone = { PATH: '' };
  expect((await run(['make', 'tool', '--if-needed'], alone)).stdout).toContain('tool linux/amd64: unchanged');
  await rm(join(place.root, 'out'), { recursive: true });
  const fetched = await run(['make', 'tool', '--if-needed'], alone);
  expect(fetched.stdout).toContain(`tool linux/amd64: fetched, ${registry.host}/tool:1 was built from the same\n`);
  expect(fetched.stderr).toContain('the tests were not run on linux/amd64: ');
  // They are run when there is one.
  expect((await run(['build', 'tool', '--if-needed'], docker.env)).stderr).not.toContain('the tests were not run');
  expect([await bakes(), await trials()]).toEqual([1, 2]);
  // A test that has failed stays failed where nothing can run it again.
  const record = join(place.root, 'out/tool/linux-amd64.tests.json');
  await writeFile(record, (await readFile(record, 'utf8')).replace('"passed"', '"failed"').replace(': 0', ': 7'));
  const failed = await run(['build', 'tool', '--if-needed'], alone);
  expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining('[test.failed]')]);
  expect((await run(['build', 'tool', '--if-needed'], docker.env)).exitCode).toBe(0);
  expect([await bakes(), await trials()]).toEqual([1, 3]);
  await rm(join(place.root, 'locks'), { recursive: true });
  expect((await run(['make', 'tool', '--if-needed'], alone)).stdout).toContain('tool was not built: ');
});

/** What the engine gives is what the recipe `native` gives. */
async function prepareEngine(place: Place, commit: string) {
  const registry = await startRegistry();
  const docker = await makeDocker({ script: ENGINE });
  const base = { ...place.deps.env, FORKWRIGHT_CACHE: place.deps.cacheFolder };
  const run = (argv: readonly string[], env: Readonly<Record<string, string | undefined>>) => {
    return runInProcess(argv, {
      cwd: place.root,
      env: { ...base, ...env, HOME: join(place.folder, 'home') },
      run: runProgram,
    });
  };
  const write = async (name: string, text: string | Uint8Array) => {
    await mkdir(dirname(join(place.root, name)), { recursive: true });
    await writeFile(join(place.root, name), text);
  };
  await write('forkwright.yaml', '{}\n');
  await write('programs/tool', elf({ machine: 62, bits: 64, endianness: 'little' }));
  await write(
    'recipes/native.yaml',
    `name: native
version: "1"
build: { kind: prebuilt, path: programs/tool, output: /bin/tool }
image:
  base: scratch
  entrypoint: [/bin/tool]
  labels:
    org.opencontainers.image.revision: ${commit}
    org.opencontainers.image.source: ${place.url}
    org.opencontainers.image.title: tool
platforms: [linux/amd64]
`,
  );
  await write(
    'recipes/tool.yaml',
    `name: tool
version: "1"
upstream: { git: "${place.url}", branch: main }
build: { kind: go, image: "${registry.host}/golang:1.24", package: ., output: /bin/tool }
image: { base: scratch, entrypoint: [/bin/tool] }
platforms: [linux/amd64]
publish: { image: "${registry.host}/tool" }
test: [{ run: [/bin/tool] }]
`,
  );
  seedRepository(registry.repository('golang'), seededImage({ platforms: PLATFORMS }), '1.24');
  expect((await run(['lock', 'tool'], {})).exitCode).toBe(0);
  expect((await run(['build', 'native'], {})).exitCode).toBe(0);
  return { registry, docker, run, write };
}

const DATABASE = (version: string) => `P:tar\\nV:${version}\\nA:x86_64\\n\\n`;

test('versions of packages that are locked after the build belong to what was built', async () => {
  const place = await makePlace();
  onTestFinished(place.remove);
  const { registry, docker, run, write } = await prepareEngine(place, await place.commit({ 'main.go': '' }));
  const writeNative = (version: string) => {
    const files = `files: [{ content: "${DATABASE(version)}", to: /lib/apk/db/installed }]`;
    return write(
      'recipes/native.yaml',
      `name: native\nversion: "1"\nimage: { base: scratch, ${files} }\nplatforms: [linux/amd64]\n`,
    );
  };
  await writeNative('1.35-r2');
  await write(
    'recipes/tool.yaml',
    `name: tool\nversion: "1"\nimage: { base: "${registry.host}/alpine:3.20", packages: [tar] }\nplatforms: [linux/amd64]\n`,
  );
  seedRepository(registry.repository('alpine'), seededImage({ platforms: PLATFORMS }), '3.20');
  const steps = async (...lines: readonly string[]) => {
    for (const line of lines) expect([line, (await run(line.split(' '), docker.env)).exitCode]).toEqual([line, 0]);
  };
  await steps('lock tool', 'build native', 'build tool', 'lock tool --update packages');
  const inputs = () => readFile(join(place.root, 'out/tool/linux-amd64.inputs.json'), 'utf8');
  expect(await inputs()).not.toContain('package tar');
  const again = await run(['build', 'tool', '--if-needed'], docker.env);
  expect(again.stdout).toContain('tool linux/amd64: unchanged, ');
  expect(await inputs()).toContain('"package tar": "1.35-r2"');
  // The distribution has another version by now.
  await writeNative('1.36-r0');
  await steps('build native');
  const { stderr } = await run(['build', 'tool'], docker.env);
  expect(stderr).toContain('on linux/amd64: package tar is locked as 1.35-r2, and is 1.36-r0 [build.no-record]');
});
