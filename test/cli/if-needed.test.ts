import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readInputRecord } from '../../src/plan/input-record-file.ts';
import { readStoredIndex } from '../../src/plan/local-store.ts';
import { INPUTS_ANNOTATION } from '../../src/oci/record-annotations.ts';
import { loadWorkspace } from '../../src/recipe/load.ts';
import { makeFolder } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';
import { elf } from '../support/programs.ts';
import { startRegistry } from '../support/registry/registry.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];

function toolRecipe(host: string, more = ''): string {
  return `name: tool
version: "1"
build: { kind: prebuilt, path: "programs/{arch}", output: /bin/tool }
image: { base: scratch, entrypoint: [/bin/tool] }
platforms: [linux/amd64, linux/arm64]
publish: { image: "${host}/tool", tags: ["{version}", latest] }
${more}`;
}

type Row = { readonly platform: string; readonly state: string; readonly reason: string | null };

/** A workspace with a locked recipe that is built natively, and the registry in which it is published. */
async function prepare(more = '') {
  const registry = await startRegistry();
  const root = await makeFolder();
  const write = async (name: string, data: string | Uint8Array) => {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), data);
  };
  const program = (arch: string, code: string) => {
    const machine = arch === 'amd64' ? 62 : 183;
    return write(
      `programs/${arch}`,
      Buffer.concat([elf({ machine, bits: 64, endianness: 'little' }), Buffer.from(code)]),
    );
  };
  await write('forkwright.yaml', '{}\n');
  await write('recipes/tool.yaml', toolRecipe(registry.host, more));
  for (const arch of ['amd64', 'arm64']) await program(arch, 'first');
  let env: Readonly<Record<string, string | undefined>> = { HOME: root, FORKWRIGHT_CACHE: join(root, '.cache') };
  const run = (...argv: string[]) => runInProcess(argv, { cwd: root, env });
  const set = (variables: Readonly<Record<string, string>>) => void (env = { ...env, ...variables });
  const states = async (...argv: string[]) => {
    const { exitCode, stdout } = await run('build', 'tool', '--if-needed', '--json', ...argv);
    const { archives, findings } = JSON.parse(stdout) as {
      archives: Row[];
      findings: { code: string; text: string }[];
    };
    return {
      exitCode,
      done: archives.map(({ platform, state, reason }) => [platform, state, reason]),
      findings: findings.map(({ code, text }) => `${code}: ${text}`),
    };
  };
  const publish = async (...tags: string[]) => {
    await run('make', 'tool');
    const references = tags.map((tag) => `${registry.host}/tool:${tag}`);
    expect(await run('push', 'out/tool/tool.oci.tar', ...references)).toMatchObject({ exitCode: 0 });
  };
  const forget = () => rm(join(root, 'out'), { recursive: true });
  await run('lock');
  return { registry, root, write, program, run, set, states, publish, forget };
}

const ALL = (state: string, reason: string) => PLATFORMS.map((platform) => [platform, state, reason]);

test('what was built is known by its record, in out/ and in the index', async () => {
  const { registry, root, run, states } = await prepare();
  expect(await states()).toEqual({
    exitCode: 0,
    done: ALL('built', `out/ has no archive of it, and ${registry.host}/tool has no 1 or latest`),
    findings: [],
  });
  const requests = registry.requests.length;
  expect(await states()).toEqual({
    exitCode: 0,
    done: ALL('unchanged', 'out/ has an archive that was built from the same'),
    findings: [],
  });
  expect(registry.requests).toHaveLength(requests);
  const text = await readFile(join(root, 'out/tool/linux-arm64.inputs.json'), 'utf8');
  const record = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(record)).toEqual(['schema', 'recipe', 'platform', 'digest', 'inputHash', 'leaves']);
  expect(record).toMatchObject({
    schema: 'forkwright.inputs/v1',
    recipe: 'tool',
    platform: 'linux/arm64',
    leaves: { builder: 'native', 'file programs/arm64': expect.stringMatching(/^sha256:/) },
  });
  const { workspace } = await loadWorkspace(root);
  expect(record['inputHash']).toBe(workspace.recipes[0]?.lock?.targets.get('linux/arm64')?.inputHash);

  await run('make');
  expect(await readFile(join(root, 'out/tool/linux-arm64.inputs.json'), 'utf8')).toBe(text);
  const index = await readStoredIndex(root, 'tool');
  expect([...(index?.platforms.keys() ?? [])]).toEqual(PLATFORMS);
  for (const target of workspace.recipes[0]?.targets ?? []) {
    const kept = await readInputRecord(root, target);
    const published = index?.platforms.get(`linux/${target.platform.arch}`);
    expect(published).toEqual({ digest: kept?.digest, record: kept?.record });
  }
});

test('a second make builds nothing, writes nothing and says why', async () => {
  const { root, run } = await prepare();
  await run('make');
  const index = join(root, 'out/tool/tool.oci.tar');
  const bytes = await readFile(index);
  await utimes(index, 1, 1);
  const { exitCode, stdout } = await run('make', '--if-needed');
  expect(exitCode).toBe(0);
  expect(stdout.split('\n').slice(2)).toEqual([
    '',
    'tool linux/amd64, linux/arm64: unchanged, out/ has an archive that was built from the same',
    '',
  ]);
  expect((await stat(index)).mtimeMs).toBe(1000);
  await run('make');
  expect((await readFile(index)).equals(bytes)).toBe(true);
  // The same size, and another content: it is verified, and written again.
  const broken = Buffer.from(bytes);
  broken.writeUInt8(broken.readUInt8(broken.length - 1536) ^ 1, broken.length - 1536);
  await writeFile(index, broken);
  expect((await run('make', '--if-needed')).exitCode).toBe(0);
  expect((await readFile(index)).equals(bytes)).toBe(true);
  await rm(index);
  expect((await run('make', '--if-needed', '--json')).stdout).toContain('"state": "unchanged"');
  expect((await readFile(index)).equals(bytes)).toBe(true);
});

test('what is published is fetched, and gives the same index', async () => {
  const { registry, root, run, states, publish, forget } = await prepare();
  await publish('latest');
  const bytes = await readFile(join(root, 'out/tool/tool.oci.tar'));
  await forget();
  const reason = `${registry.host}/tool:latest was built from the same`;
  expect(await states('--platform', 'linux/arm64')).toEqual({
    exitCode: 0,
    done: [['linux/arm64', 'fetched', reason]],
    findings: [],
  });
  expect(await readdir(join(root, 'out/tool'))).toEqual(['linux-arm64.inputs.json', 'linux-arm64.oci.tar']);
  const { exitCode, stdout } = await run('make', '--if-needed', '--json');
  expect(exitCode).toBe(0);
  const { recipes, findings } = JSON.parse(stdout) as { recipes: { targets: Row[] }[]; findings: unknown[] };
  expect(recipes[0]?.targets).toEqual([
    { platform: 'linux/amd64', state: 'fetched', reason },
    { platform: 'linux/arm64', state: 'unchanged', reason: 'out/ has an archive that was built from the same' },
  ]);
  expect(findings).toEqual([]);
  expect((await readFile(join(root, 'out/tool/tool.oci.tar'))).equals(bytes)).toBe(true);
  expect(registry.violations).toEqual([]);
});

test('what differs is built, and which of its inputs', async () => {
  const { registry, program, run, states, publish, forget } = await prepare();
  await publish('1');
  await program('arm64', 'second');
  const stale = 'programs/arm64 is not what is locked';
  // All of the recipe: the lock is one file.
  expect((await states()).done).toEqual(ALL('built', stale));
  await run('lock');
  await forget();
  expect((await states()).done).toEqual([
    ['linux/amd64', 'fetched', `${registry.host}/tool:1 was built from the same`],
    ['linux/arm64', 'built', `file programs/arm64 differs from what ${registry.host}/tool:1 was built from`],
  ]);
  await program('arm64', 'third');
  await run('lock');
  expect((await states()).done[1]).toEqual([
    'linux/arm64',
    'built',
    'file programs/arm64 differs from what the archive in out/ was built from',
  ]);
});

test('nothing is kept of what is not certain, and a lock that is not used says so', async () => {
  const { root, registry, write, run, set, states } = await prepare();
  await write('recipes/tool.yaml', toolRecipe(registry.host).replace('[/bin/tool]', '[/bin/tool, serve]'));
  const stale = 'the lock is not what the recipe says now';
  const note = (why: string) =>
    `build.no-record: what it was built from is not kept with its image on linux/amd64, linux/arm64: ${why}`;
  expect(await states()).toEqual({ exitCode: 0, done: ALL('built', stale), findings: [note(stale)] });
  expect(await readdir(join(root, 'out/tool'))).not.toContain('linux-amd64.inputs.json');
  await run('lock');
  set({ SOURCE_DATE_EPOCH: '0' });
  expect((await states()).findings).toEqual([]);
  expect(await readdir(join(root, 'out/tool'))).toContain('linux-amd64.inputs.json');
  set({ SOURCE_DATE_EPOCH: '5' });
  const epoch = 'SOURCE_DATE_EPOCH is not what the lock has';
  expect(await states()).toEqual({ exitCode: 0, done: ALL('built', epoch), findings: [note(epoch)] });
  expect(await readdir(join(root, 'out/tool'))).not.toContain('linux-amd64.inputs.json');
  await rm(join(root, 'locks'), { recursive: true });
  expect((await states()).done).toEqual(ALL('built', 'there is no lock'));
});

test('a registry that cannot be asked is a warning, and what it may have is built', async () => {
  const { registry, states, publish, forget } = await prepare();
  await publish('1');
  await forget();
  registry.fail({ method: 'GET', path: /manifests/, fault: { kind: 'status', status: 403 }, times: Infinity });
  const { exitCode, done, findings } = await states();
  expect([exitCode, done]).toEqual([0, ALL('built', 'out/ has no archive of it')]);
  expect(findings).toEqual([
    expect.stringMatching(
      /^build\.not-asked: it could not be asked whether it has what is to be built, so that is built: /,
    ),
  ]);
});

test('what is published and cannot be had whole is built', async () => {
  const { registry, root, states, publish, forget } = await prepare();
  await publish('1');
  await forget();
  const { blobs } = registry.repository('tool');
  blobs.clear();
  const reason = `${registry.host}/tool:1 was built from the same, and could not be fetched`;
  const { exitCode, done, findings } = await states();
  expect([exitCode, done]).toEqual([0, ALL('built', reason)]);
  expect(findings.map((text) => text.split(':')[0])).toEqual(['build.not-fetched', 'build.not-fetched']);
  expect(await readdir(join(root, 'out/tool'))).toContain('linux-amd64.inputs.json');
});

test('an image that nobody has annotated is no match, and neither is an archive that was replaced', async () => {
  const { registry, root, run, states, forget } = await prepare();
  await run('build', 'tool');
  await run('assemble', 'out/tool/linux-amd64.oci.tar', 'out/tool/linux-arm64.oci.tar', '--output', 'plain.tar');
  await run('push', 'plain.tar', `${registry.host}/tool:1`);
  const amd64 = await readFile(join(root, 'out/tool/linux-amd64.oci.tar'));
  await writeFile(join(root, 'out/tool/linux-arm64.oci.tar'), amd64);
  expect((await states('--platform', 'linux/arm64')).done).toEqual([
    ['linux/arm64', 'built', `nothing says what ${registry.host}/tool:1 was built from`],
  ]);
  await writeFile(join(root, 'out/tool/linux-arm64.oci.tar'), 'no archive');
  expect((await states('--platform', 'linux/arm64')).done[0]?.[1]).toBe('built');
  await forget();
  const names = PLATFORMS.map((platform) => `out/tool/${platform.replace('/', '-')}.oci.tar`);
  await run('build', 'tool');
  await run('assemble', ...names, '--output', 'named.tar', '--recipe', 'tool');
  expect(await readFile(join(root, 'named.tar'), 'latin1')).toContain(INPUTS_ANNOTATION);
  expect(await readFile(join(root, 'plain.tar'), 'latin1')).not.toContain(INPUTS_ANNOTATION);
  await run('assemble', ...names.toReversed(), '--output', 'turned.tar', '--recipe', 'tool');
  expect((await readFile(join(root, 'turned.tar'))).equals(await readFile(join(root, 'named.tar')))).toBe(true);
  // Of a rewritten image nobody says what it was built from.
  const rewrite = ['--to', 'oci-archive', '--layer-compression', 'none'];
  await run('convert', 'named.tar', 'rewritten.tar', ...rewrite);
  const rewritten = await readFile(join(root, 'rewritten.tar'), 'latin1');
  expect(rewritten).toContain('linux');
  expect(rewritten).not.toContain('io.forkwright.input');
});

const BASED = `name: app
version: "1"
image: { base: "out/tool/tool.oci.tar", files: [{ content: "x\\n", to: /etc/x }] }
platforms: [linux/amd64, linux/arm64]
`;

test('what is built on another recipe follows it, parents first', async () => {
  const { root, write, program, run } = await prepare();
  await write('recipes/app.yaml', BASED);
  await run('lock');
  const states = async () => {
    const { stdout } = await run('make', '--if-needed', '--json');
    const { recipes, findings } = JSON.parse(stdout) as {
      recipes: { name: string; targets: Row[] }[];
      findings: unknown;
    };
    return { findings, states: recipes.map(({ name, targets }) => [name, ...targets.map(({ state }) => state)]) };
  };
  const built = ['built', 'built'];
  expect(await states()).toEqual({
    findings: [],
    states: [
      ['app', ...built],
      ['tool', ...built],
    ],
  });
  const same = ['unchanged', 'unchanged'];
  expect(await states()).toEqual({
    findings: [],
    states: [
      ['app', ...same],
      ['tool', ...same],
    ],
  });
  await program('arm64', 'second');
  await run('lock');
  const partly = ['unchanged', 'built'];
  expect(await states()).toEqual({
    findings: [],
    states: [
      ['app', ...partly],
      ['tool', ...partly],
    ],
  });
  // Its base is older than what the lock stands for.
  await program('arm64', 'third');
  await run('lock');
  const { stderr } = await run('build', 'app');
  expect(stderr).toContain(
    'what it was built from is not kept with its image on linux/arm64: out/tool/tool.oci.tar is not known to be what tool and its lock are now',
  );
  expect(await readdir(join(root, 'out/app'))).not.toContain('linux-arm64.inputs.json');
});

test('an image of a registry that another recipe publishes has to be the one of its lock', async () => {
  const { registry, root, write, program, run, publish } = await prepare();
  await write('recipes/app.yaml', BASED.replace('out/tool/tool.oci.tar', `${registry.host}/tool:1`));
  await run('lock');
  await publish('1');
  const build = async () => {
    const { exitCode, stderr } = await run('build', 'app');
    expect(exitCode).toBe(0);
    return stderr.split('\n').filter((line) => line.includes('build.no-record'));
  };
  expect(await build()).toEqual([]);
  await program('amd64', 'second');
  await run('lock');
  expect(await build()).toEqual([
    `recipes/app.yaml: note: what it was built from is not kept with its image on linux/amd64: ${registry.host}/tool:1 is not known to be what tool and its lock are now [build.no-record]`,
  ]);
  expect(await readdir(join(root, 'out/app'))).toContain('linux-arm64.inputs.json');
});
