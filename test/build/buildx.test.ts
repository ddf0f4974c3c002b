import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildWithBuildx, type BuildxOptions } from '../../src/build/buildx.ts';
import { buildNative } from '../../src/build/native.ts';
import { findEngine, type EngineDeps } from '../../src/engine/find-engine.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { createObtain } from '../../src/prebuilt/obtain.ts';
import { makeFolder, SIGNAL } from '../support/archives.ts';
import { makeDocker } from '../support/fake-docker.ts';
import { failureOf, makeDeps } from '../support/obtain-deps.ts';
import { makeFile, makeTarget } from '../support/workspace-values.ts';

const TARGET = makeTarget({
  build: { kind: 'prebuilt', program: makeFile({ type: 'content', content: 'x\n' }) },
});
const OUT = 'out/tool';

/** An archive as an engine could write it, and a workspace where docker copies it to where it is told to. */
async function prepare(script: (archive: string) => string, more: Partial<BuildxOptions> = {}) {
  const root = await makeFolder();
  const { deps } = makeDeps(await makeFolder());
  const output = join(deps.root, 'built.oci.tar');
  const native = { ...deps, output, epochSeconds: 0, obtain: createObtain(deps) };
  const { digest } = await buildNative(TARGET, native);
  const docker = await makeDocker({ script: script(JSON.stringify(output)) });
  const engineDeps: EngineDeps = {
    ...deps,
    root,
    env: docker.env,
    run: runProgram,
    waitMs: 0,
    nowMs: () => 0,
    signal: more.signal ?? SIGNAL,
  };
  const engine = await findEngine(engineDeps);
  if ('reason' in engine) throw new Error(engine.reason);
  const steps: string[] = [];
  const task = { ...deps.progress.task('', null), step: (text: string) => void steps.push(text) };
  const options: BuildxOptions = {
    root,
    engine,
    env: docker.env,
    signal: SIGNAL,
    sourceFolder: null,
    contexts: [],
    epochSeconds: 7,
    cacheFrom: [],
    cacheTo: [],
    isCold: false,
    ...more,
  };
  const list = async () => readdir(join(root, OUT));
  return { root, docker, digest, steps, list, build: () => buildWithBuildx(TARGET, task, options) };
}

const DEST = `/dest=([^,]*)/.exec(set.get('tool-linux-amd64.output'))[1]`;
const COPY = (archive: string) => `
  say('#5 [build 1/2] RUN make');
  say('#5 0.100 compiling');
  say('#5 DONE 1.0s');
  fs.copyFileSync(${archive}, ${DEST});`;

test('the archive and the whole log are there, and the steps were told', async () => {
  const { root, build, list, digest, steps } = await prepare(COPY);
  const built = await build();
  expect(built).toMatchObject({ path: `${OUT}/linux-amd64.oci.tar`, digest, platform: TARGET.platform });
  expect(await list()).toEqual(['linux-amd64.log', 'linux-amd64.oci.tar']);
  expect(steps).toEqual(['[build 1/2] RUN make']);
  const [command, ...output] = (await readFile(join(root, OUT, 'linux-amd64.log'), 'utf8')).split('\n');
  expect(command).toMatch(/^docker buildx bake --progress plain --file generated\/tool\/docker-bake\.json --set /);
  expect(output).toEqual(['#5 [build 1/2] RUN make', '#5 0.100 compiling', '#5 DONE 1.0s', '']);
});

test('bake is told where the archive, the source, the mirrors and the caches are', async () => {
  const { build, docker } = await prepare(COPY, {
    sourceFolder: '/some/source',
    contexts: [{ name: 'alpine:3.20', value: 'docker-image://localhost:5000/library/alpine:3.20' }],
    cacheFrom: ['type=registry,ref=cache.example.com/tool'],
    cacheTo: ['type=registry,ref=cache.example.com/tool,mode=max'],
    isCold: true,
  });
  await build();
  const bake = (await docker.calls()).at(-1)?.map((word) => word.replace(/\.\d+-[0-9a-f]+\.partial/, '.partial'));
  expect(bake?.join(' ')).toBe(
    [
      'buildx bake --progress plain --file generated/tool/docker-bake.json --no-cache',
      `--set tool-linux-amd64.output=type=oci,dest=${OUT}/.linux-amd64.oci.tar.partial,rewrite-timestamp=true`,
      '--set *.args.SOURCE_DATE_EPOCH=7',
      '--set *.contexts.alpine:3.20=docker-image://localhost:5000/library/alpine:3.20',
      '--set tool-linux-amd64.contexts.upstream=/some/source',
      '--set tool-linux-amd64.cache-from=type=registry,ref=cache.example.com/tool',
      '--set tool-linux-amd64.cache-to=type=registry,ref=cache.example.com/tool,mode=max',
      'tool-linux-amd64',
    ].join(' '),
  );
});

test('credentials of a cache are not shown', async () => {
  const cache = 'type=s3,bucket=b,access_key_id=AKIA1,secret_access_key=hush/hush,session_token=st0';
  const { root, build, docker } = await prepare(() => `say('ERROR: failed to solve: no'); process.exitCode = 1;`, {
    cacheTo: [cache],
  });
  const error = await failureOf(build());
  const log = await readFile(join(root, OUT, 'linux-amd64.log'), 'utf8');
  expect(log).toContain('cache-to=type=s3,bucket=b,access_key_id=***,secret_access_key=***,session_token=***');
  for (const secret of ['AKIA1', 'hush', 'st0']) expect(log + error.message).not.toContain(secret);
  expect((await docker.calls()).at(-1)).toContain(`tool-linux-amd64.cache-to=${cache}`);
});

test.each([
  {
    why: 'a step fails',
    script: `say('#5 [build 1/2] RUN make'); say('#5 0.1 no rule'); say('#5 ERROR: process "make" did not complete successfully: exit code: 2'); say('ERROR: failed to solve: process "make" did not complete successfully: exit code: 2');`,
    code: 'build.failed',
    message:
      'linux/amd64 was not built: process "make" did not complete successfully: exit code: 2\n[build 1/2] RUN make\nno rule',
    hint: 'the whole log is there',
  },
  {
    why: 'nothing runs the platform',
    script: `say('#5 [build 1/2] RUN make'); say('#5 0.1 exec /bin/sh: exec format error'); say('#5 ERROR: process "make" did not complete successfully: exit code: 1'); say('ERROR: failed to solve: process "make" did not complete successfully: exit code: 1');`,
    code: 'build.no-emulator',
    message:
      'linux/amd64 was not built: the engine has no emulator for the platform: process "make" did not complete successfully: exit code: 1\n[build 1/2] RUN make\nexec /bin/sh: exec format error',
    hint: 'docker run --rm --privileged tonistiigi/binfmt --install all; or build it on a machine of the platform',
  },
  {
    why: 'the engine ends',
    script: `say('ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF');`,
    code: 'build.engine-lost',
    message:
      'linux/amd64 was not built: the connection to the build engine was lost: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF',
    hint: 'is it still running? Look at its own log',
  },
  {
    why: 'the driver cannot write archives',
    script: `say('ERROR: OCI exporter is not supported for the docker driver.');`,
    code: 'build.no-oci-exporter',
    message:
      'linux/amd64 was not built: the builder cannot write OCI archives: OCI exporter is not supported for the docker driver.',
    hint: "docker buildx create --use, or turn on Docker's containerd image store",
  },
  {
    why: 'it says nothing',
    script: '',
    code: 'build.failed',
    message: 'linux/amd64 was not built: docker buildx bake ended with exit code 1',
    hint: 'the whole log is there',
  },
])('$why: the log stays, and no archive', async ({ script, code, message, hint }) => {
  const { build, list } = await prepare(() => `fs.writeFileSync(${DEST}, ''); ${script} process.exitCode = 1;`);
  const error = await failureOf(build());
  expect({ ...error, message: error.message }).toMatchObject({
    code,
    message,
    hint,
    place: `${OUT}/linux-amd64.log`,
  });
  expect(await list()).toEqual(['linux-amd64.log']);
});

test('an engine that writes no image has failed', async () => {
  const { build, list } = await prepare(() => `fs.writeFileSync(${DEST}, '');`);
  const error = await failureOf(build());
  expect(error.code).toBe('archive.unknown-format');
  expect(await list()).toEqual(['linux-amd64.log']);
});

test('an interruption leaves nothing', async () => {
  const controller = new AbortController();
  const { build, list, docker } = await prepare(
    () => `fs.writeFileSync(${DEST}, ''); say('#5 [build 1/2] RUN make'); setTimeout(() => {}, 60000);`,
    { signal: controller.signal },
  );
  const building = build();
  building.catch(() => undefined);
  while ((await docker.calls()).length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  controller.abort();
  expect((await failureOf(building)).code).toBe('process.aborted');
  expect(await list()).toEqual([]);
});
