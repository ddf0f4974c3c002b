import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { report } from './support/json.ts';
import { testWith } from './support/needs.ts';
import { runForkwright } from './support/run.ts';
import { listOutput, makeWorkspace } from './support/workspace.ts';

const RECIPE = `
name: partly
image:
  base: alpine:3.20
  files:
    - to: /marker
      content: |
        built
platforms:
  - linux/amd64
  - platform: linux/arm64
    image:
      packages: [forkwright-no-such-package]
  - linux/s390x
`;

testWith(
  ['docker', 'engine', 'emulators'],
  'a platform that fails does not keep the others from being built',
  async () => {
    const root = await makeWorkspace('partly', { 'recipes/partly.yaml': RECIPE });
    const { exitCode, archives, findings } = await report(['build', 'partly'], { cwd: root });
    expect(exitCode).toBe(2);
    expect(archives.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/s390x']);
    expect(await listOutput(root, 'partly')).toEqual([
      'linux-amd64.log',
      'linux-amd64.oci.tar',
      'linux-arm64.log',
      'linux-s390x.log',
      'linux-s390x.oci.tar',
    ]);
    // The other two are built natively, from what the tag is today, which is said.
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([
      {
        code: 'build.failed',
        severity: 'error',
        place: 'out/partly/linux-arm64.log',
        text: expect.stringMatching(/^linux\/arm64 was not built: [^]*RUN apk add[^]*forkwright-no-such-package/),
        hint: 'the whole log is there',
      },
    ]);
    expect(await readFile(join(root, 'out/partly/linux-arm64.log'), 'utf8')).toContain('forkwright-no-such-package');

    const made = await runForkwright(['make', 'partly'], { cwd: root });
    expect(made.exitCode).toBe(2);
    expect(made.stdout).toMatch(/^partly +3 +failed /m);
    expect(made.stderr).toContain('out/partly/linux-arm64.log: error: linux/arm64 was not built: ');
    expect(await listOutput(root, 'partly')).not.toContain('partly.oci.tar');
  },
);
