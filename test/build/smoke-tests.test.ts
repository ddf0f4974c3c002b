import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeImageLayout } from '../../src/archive/write/write-layout.ts';
import { runSmokeTests, skipSmokeTests, type SmokeInput } from '../../src/build/smoke-tests.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { ForkwrightError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { openProgress } from '../../src/report/open-progress.ts';
import { file, layoutOf, makeFolder, makeImage, SIGNAL } from '../support/archives.ts';
import { makeTarget } from '../support/workspace-values.ts';

const IMAGE = makeImage([[file('bin/tool', 'a program')]]);

/** A workspace with an archive, and what was shown of the tests. */
async function makePlace(engine: Engine, images = [IMAGE]) {
  const root = await makeFolder();
  const archive = join(root, 'out/tool/linux-amd64.oci.tar');
  await writeImageLayout(archive, layoutOf(images), { signal: SIGNAL, onBytes: () => undefined });
  const shown: string[] = [];
  const output = { write: (text: string) => void shown.push(text), isTerminal: false, columns: 80 };
  const progress = openProgress(output, { isQuiet: false, nowMs: () => 0 });
  const input: SmokeInput = { archive, root, engine, signal: SIGNAL, progress };
  return { root, archive, shown, input };
}

/** What the engine makes of a program: what it prints, and its exit code. */
type Program = (words: readonly string[]) => readonly [output: readonly string[], exitCode: number];

/** Answers as docker does, with what buildx 0.13 prints. */
function makeEngine(run: Program, more: { readonly platforms?: string; readonly seen?: string[] } = {}): Engine {
  return {
    dockerVersion: '26.1.5',
    buildxVersion: '0.13.1',
    docker: async (args, { cwd = '', onOutput = () => undefined }) => {
      more.seen?.push(args.join(' '));
      if (args[1] === 'inspect') return { stdout: `Name: x\nPlatforms:   ${more.platforms ?? ''}\n`, stderr: '' };
      const [, step = ''] = (await readFile(join(cwd, 'Dockerfile'), 'utf8')).split('\n');
      const [lines, code] = run(JSON.parse(step.slice('RUN --network=none '.length)) as string[]);
      const end = code === 0 ? 'DONE 0.1s' : `ERROR: process "x" did not complete successfully: exit code: ${code}`;
      const text = [`#5 [1/2] ${step}`, ...lines.map((line) => `#5 0.1 ${line}`), `#5 ${end}`, ''].join('\n');
      onOutput(Buffer.from(text), 'stderr');
      if (code !== 0) throw new ForkwrightError('process.failed', 'docker ended with exit code 1');
      return { stdout: '', stderr: '' };
    },
  };
}

function targetOf(...programs: readonly string[]) {
  return makeTarget({ tests: programs.map((program) => ({ run: [program, '--version'] })) });
}

test('each test is run in the image, and the image is gone afterwards', async () => {
  const seen: string[] = [];
  const engine = makeEngine(([program]) => (program === 'tar' ? [['tar 1.36'], 0] : [['no'], 3]), { seen });
  const { root, shown, input } = await makePlace(engine);
  expect(await runSmokeTests(targetOf('tar', 'xz'), input)).toEqual({
    recipe: 'tool',
    platform: 'linux/amd64',
    digest: IMAGE.manifest.digest,
    tests: [
      { run: ['tar', '--version'], state: 'passed', exitCode: 0, output: 'tar 1.36', reason: null },
      { run: ['xz', '--version'], state: 'failed', exitCode: 3, output: 'no', reason: null },
    ],
  });
  expect(seen).toEqual(
    Array.from(
      { length: 2 },
      () =>
        'buildx build --progress=plain --no-cache --provenance=false --platform=linux/amd64 --output=type=cacheonly ' +
        '--build-context=image=oci-layout://layout:image .',
    ),
  );
  expect(await readdir(join(root, 'out/tool'))).toEqual(['linux-amd64.oci.tar']);
  expect(shown).toEqual([
    'testing tool linux/amd64: tar --version\n',
    'testing tool linux/amd64: xz --version\n',
    'testing tool linux/amd64: 1 of 2 tests failed (0.0 s)\n',
  ]);
});

test('the engine is given the image as a layout with one name, every blob in it', async () => {
  const found: unknown[] = [];
  const answer = makeEngine(() => [[], 0]);
  const docker: Engine['docker'] = async (args, options) => {
    const layout = join(options.cwd ?? '', 'layout');
    found.push(JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')));
    found.push((await readdir(join(layout, 'blobs/sha256'))).toSorted());
    return answer.docker(args, options);
  };
  const { input } = await makePlace({ ...answer, docker });
  await runSmokeTests(targetOf('tar'), input);
  expect(found).toEqual([
    {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: IMAGE.manifest.digest,
          size: IMAGE.manifest.sizeBytes,
          annotations: { 'org.opencontainers.image.ref.name': 'image' },
        },
      ],
    },
    IMAGE.blobs.map(({ digest }) => digest.slice('sha256:'.length)).toSorted(),
  ]);
});

const FORMAT_ERROR = 'exec /bin/tool: exec format error';
const NO_EMULATOR =
  'the engine has no emulator for the platform; `docker run --rm --privileged tonistiigi/binfmt --install all` gives it one';
const NO_PROGRAM = 'is neither a program for the platform nor a script with #!';

test.each([
  ['a platform that the engine does not run', 'linux/arm64, linux/amd64/v2', 'not-run', null, '', NO_EMULATOR],
  ['a platform that it runs', 'linux/arm64, linux/amd64*', 'failed', 1, FORMAT_ERROR, NO_PROGRAM],
])('the kernel refuses programs on %s', async (_, platforms, state, exitCode, output, reason) => {
  const { input } = await makePlace(makeEngine(() => [[FORMAT_ERROR], 1], { platforms }));
  expect((await runSmokeTests(targetOf('tool'), input)).tests).toEqual([
    { run: ['tool', '--version'], state, exitCode, output, reason },
  ]);
});

test('a platform is run where one of the tests passes, whatever the engine says of itself', async () => {
  const engine = makeEngine(([program]) => (program === 'tar' ? [[], 0] : [[FORMAT_ERROR], 1]));
  const { input } = await makePlace(engine);
  const { tests } = await runSmokeTests(targetOf('tool', 'tar'), input);
  expect(tests.map(({ state, reason }) => [state, reason])).toEqual([
    ['failed', NO_PROGRAM],
    ['passed', null],
  ]);
});

test('a program that prints these words is not one that the kernel refuses', async () => {
  const { input } = await makePlace(makeEngine(() => [['starting', FORMAT_ERROR], 126]));
  const { tests } = await runSmokeTests(targetOf('tool'), input);
  expect(tests).toMatchObject([{ state: 'failed', exitCode: 126, reason: null }]);
});

/** Goes on until it is stopped, with a step that has begun or without one. */
function makeEndless(text: string): Engine {
  return {
    ...makeEngine(() => [[], 0]),
    docker: (_, { signal, onOutput }) => {
      onOutput?.(Buffer.from(text), 'stderr');
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new ForkwrightError('process.aborted', 'was interrupted')));
      });
    },
  };
}

test('a test that goes on and on is ended and has failed', async () => {
  const { input } = await makePlace(makeEndless('#5 [1/2] RUN --network=none ["x"]\n#5 0.1 waiting\n'));
  expect((await runSmokeTests(targetOf('tool'), { ...input, limitMs: 20 })).tests).toEqual([
    {
      run: ['tool', '--version'],
      state: 'failed',
      exitCode: null,
      output: 'waiting',
      reason: 'did not end within 0.02 s',
    },
  ]);
});

test('an interruption is thrown, and nothing is left behind', async () => {
  const abort = new AbortController();
  const { root, shown, input } = await makePlace(makeEndless('#5 [1/2] RUN --network=none ["x"]\n'));
  const running = runSmokeTests(targetOf('tool'), { ...input, signal: abort.signal });
  await expect.poll(() => shown.length).toBe(1);
  abort.abort();
  await expect(running).rejects.toMatchObject({ code: 'process.aborted' });
  expect(await readdir(join(root, 'out/tool'))).toEqual(['linux-amd64.oci.tar']);
  expect(shown.at(-1)).toBe('testing tool linux/amd64: not tested (0.0 s)\n');
});

/** Fails before the program is begun. */
function makeBroken(said: string): Engine {
  return {
    ...makeEngine(() => [[], 0]),
    docker: async (_, { onOutput }) => {
      onOutput?.(Buffer.from(`#1 [internal] load build definition\n#1 DONE 0.0s\nERROR: ${said}\n`), 'stderr');
      throw new ForkwrightError('process.failed', 'docker ended with exit code 1');
    },
  };
}

test("Docker's builder with the classic image store cannot run tests", async () => {
  const said = 'failed to solve: requested experimental feature source.ocilayout  is not supported by build server';
  const { input } = await makePlace(makeBroken(said));
  expect((await runSmokeTests(targetOf('tool'), input)).tests).toMatchObject([
    {
      state: 'not-run',
      reason: "the builder takes no image layouts; Docker's own builder does with the containerd image store",
    },
  ]);
});

test('an engine that breaks down says nothing about the image', async () => {
  const { input } = await makePlace(makeBroken('failed to solve: no space left on device'));
  await expect(runSmokeTests(targetOf('tool'), input)).rejects.toMatchObject({
    code: 'test.engine',
    message: 'the engine could not run ["tool","--version"]: no space left on device',
  });
});

test('tests of an image for Windows are not run', async () => {
  const { input } = await makePlace(makeBroken('not to be asked'));
  const target = { ...makeTarget({ platform: 'windows/amd64' }), tests: [{ run: ['tool.exe'] }] };
  expect(await runSmokeTests(target, input)).toEqual(
    skipSmokeTests(target, IMAGE.manifest.digest, 'only images for Linux are run'),
  );
});

test('an archive that is broken, or has several images, is not tested', async () => {
  const engine = makeBroken('not to be asked');
  const { archive, input } = await makePlace(engine);
  const bytes = await readFile(archive);
  await writeFile(archive, bytes.subarray(0, -1500));
  await expect(runSmokeTests(targetOf('tool'), input)).rejects.toMatchObject({ code: 'tar.truncated' });
  const several = await makePlace(engine, [IMAGE, makeImage([[file('x', 'y')]], 'arm64')]);
  await expect(runSmokeTests(targetOf('tool'), several.input)).rejects.toMatchObject({
    code: 'build.not-one-image',
    message: 'one image is wanted, and the archive holds 2',
    place: 'out/tool/linux-amd64.oci.tar',
  });
});

test('without an engine there is a record too', () => {
  expect(skipSmokeTests(targetOf('tar'), digestOf('x'), 'there is no docker on PATH')).toEqual({
    recipe: 'tool',
    platform: 'linux/amd64',
    digest: digestOf('x'),
    tests: [
      {
        run: ['tar', '--version'],
        state: 'not-run',
        exitCode: null,
        output: '',
        reason: 'there is no docker on PATH',
      },
    ],
  });
});
