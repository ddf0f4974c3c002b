import { expect } from 'vitest';
import { report } from './support/json.ts';
import { testWith } from './support/needs.ts';
import { makeWorkspace } from './support/workspace.ts';

const RECIPE = `
name: smoked
image:
  base: alpine:3.20
  files:
    - to: /etc/smoked
      content: |
        yes
platforms: [linux/amd64, linux/arm64]
test:
  - run: [grep, "yes", /etc/smoked]
  - run: [sh, -c, "echo first >&2; echo last >&2; exit $(( $(uname -m | grep -c x86_64) * 3 ))"]
`;

// BuildKit keeps no order between the two streams of a command: both lines go to one of them.
testWith(['docker', 'engine', 'emulators'], 'a test that fails on one platform is a finding there', async () => {
  const root = await makeWorkspace('smoked', { 'recipes/smoked.yaml': RECIPE });
  const built = await report(['build', 'smoked'], { cwd: root });
  const command = '"echo first >&2; echo last >&2; exit $(( $(uname -m | grep -c x86_64) * 3 ))"';
  const failure = {
    code: 'test.failed',
    severity: 'error',
    text: `on linux/amd64, sh -c ${command} ended with exit code 3:\nfirst\nlast`,
    hint: null,
  };
  expect(built.exitCode).toBe(1);
  // It was built all the same.
  expect(built.archives.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
  expect(built.findings.filter(({ code }) => code.startsWith('test.'))).toEqual([
    { ...failure, place: 'out/smoked/linux-amd64.oci.tar' },
  ]);

  // Whoever verifies an archive later hears of it too, and of tests that were never run.
  const verify = ['verify', '--recipe', 'smoked'];
  const amd64 = await report([...verify, 'out/smoked/linux-amd64.oci.tar'], { cwd: root });
  expect(amd64.exitCode).toBe(1);
  expect(amd64.findings).toContainEqual(expect.objectContaining(failure));
  const arm64 = await report([...verify, 'out/smoked/linux-arm64.oci.tar'], { cwd: root });
  expect(arm64.findings.map(({ code }) => code)).not.toContain('test.failed');
  await report(['build', 'smoked', '--no-test'], { cwd: root });
  const untested = await report([...verify, 'out/smoked/linux-arm64.oci.tar'], { cwd: root });
  expect(untested.findings.map(({ code }) => code)).toContain('test.missing-record');
});
