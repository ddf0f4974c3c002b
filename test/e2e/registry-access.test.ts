import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { readContent } from '../support/archive-content.ts';
import { fixture } from '../support/archives.ts';
import { TEST_TLS } from '../support/registry/test-tls.ts';
import { startDistribution } from './support/distribution.ts';
import { writeLargeImage } from './support/large-image.ts';
import { listFaults } from './support/list-faults.ts';
import { testWith } from './support/needs.ts';
import { runForkwright, runWell, type Ended } from './support/run.ts';
import { FOLDER } from './support/settings.ts';

const ARCHIVE = fixture('buildx-oci-multi-attested.tar');
const DIGEST = 'sha256:fcf996fd0b0b2d6435f9e728d6d915e417987c2db06433d3201f38682bc24aae';
const USER = 'releng';
const PASSWORD = 'let me in';
// What `htpasswd -B` makes of them.
const HTPASSWD = `${USER}:$2y$04$abcdefghijklmnopqrstuuTnc8amReAFiMHxaSoW9U22KarbWnkSm\n`;

interface Access {
  readonly cwd: string;
  readonly host: string;
  /** PEM. */
  readonly caFile: string;
  /** A folder of docker's, with what is given in its config.json. */
  readonly configure: (config: object) => Promise<string>;
  readonly run: (config: string, ...args: string[]) => Promise<Ended>;
  readonly push: (config: string, ...more: string[]) => Promise<Ended>;
  /** A folder for programs that `push` finds. */
  readonly bin: string;
}

/** Starts a registry with a certificate of a private authority, which lets in only who has the password. */
async function startClosed(name: string): Promise<Access> {
  const cwd = join(FOLDER, `registry-${name}`);
  const registry = await startDistribution(join(cwd, 'registry'), { tls: TEST_TLS, htpasswd: HTPASSWD });
  onTestFinished(registry.stop);
  const caFile = join(cwd, 'ca.pem');
  await writeFile(caFile, TEST_TLS.ca);
  const { host } = registry;
  const bin = join(cwd, 'bin');
  await mkdir(bin);
  // Nothing that whoever runs this is logged in to.
  const run: Access['run'] = (config, ...args) =>
    runForkwright(args, {
      cwd,
      env: { HOME: cwd, XDG_RUNTIME_DIR: cwd, DOCKER_CONFIG: config, PATH: withPath(bin) },
    });
  return {
    cwd,
    host,
    caFile,
    bin,
    run,
    configure: async (config) => {
      const folder = join(cwd, 'docker');
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'config.json'), JSON.stringify(config));
      return folder;
    },
    push: (config, ...more) => run(config, 'push', ARCHIVE, `${host}/team/zoo:1`, ...more),
  };
}

function withPath(bin: string): string {
  const { PATH: path = '' } = process.env;
  return `${bin}:${path}`;
}

function authsOf(host: string, password: string): object {
  return { auths: { [host]: { auth: Buffer.from(`${USER}:${password}`).toString('base64') } } };
}

const PUSHED = { exitCode: 0, stdout: `${DIGEST}\n` };

testWith(['docker-registry'], 'https with a private authority, and the password of a config.json', async () => {
  const { host, caFile, configure, push } = await startClosed('closed');
  const config = await configure(authsOf(host, PASSWORD));
  expect(await push(config, '--ca-file', caFile)).toMatchObject(PUSHED);
  expect(await push(config, '--insecure')).toMatchObject(PUSHED);
  expect(await push(config)).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `${host}: error: reaching ${host}: the certificate of ${host} is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE): unable to verify the first certificate [registry.certificate]
  hint: --ca-file names a file with its authority, --insecure takes any certificate
`,
  });
});

testWith(['docker-registry'], 'both threads of a large pull know the authority and the password', async () => {
  const { cwd, host, caFile, configure, run } = await startClosed('large');
  const config = await configure(authsOf(host, PASSWORD));
  const name = `${host}/team/large:1`;
  const digest = await writeLargeImage(join(cwd, 'large.tar'));
  const pushed = { exitCode: 0, stdout: `${digest}\n` };
  expect(await run(config, 'push', 'large.tar', name, '--ca-file', caFile)).toMatchObject(pushed);
  for (const output of ['pulled', 'pulled.tar']) {
    expect(await run(config, 'pull', name, output, '--ca-file', caFile, '--quiet')).toMatchObject({ exitCode: 0 });
    expect(await listFaults(output, cwd)).toEqual([]);
    const { digests } = await readContent(join(cwd, output));
    expect(digests).toContain(digest);
  }
});

testWith(['docker-registry'], 'who has no password, or a wrong one, is told so, and what to do', async () => {
  const { host, caFile, configure, push } = await startClosed('refusing');
  const none = await push(await configure({}), '--ca-file', caFile);
  const config = await configure(authsOf(host, 'guessed'));
  const wrong = await push(config, '--ca-file', caFile);
  const stores = `\`docker login ${host}\` stores`;
  const hints = [
    `no credentials for ${host} were found: ${stores} some`,
    `the credentials of ${config}/config.json are not taken: ${stores} new ones`,
  ];
  // Several requests are under way; whichever is answered first is told of.
  const refused =
    /: error: looking for the (?:manifest|blob) \S+: the registry answered 401 \[registry\.unauthorized\]$/;
  for (const [index, { exitCode, stdout, stderr }] of [none, wrong].entries()) {
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    const [text, hint, ...more] = stderr.split('\n');
    expect(text).toMatch(refused);
    expect([hint, ...more]).toEqual([`  hint: ${hints[index]}`, '']);
    expect(stderr).not.toContain('guessed');
  }
});

// Keeps one login, in a file beside it.
const HELPER = `#!/bin/sh
kept=$(dirname "$0")/kept.json
case $1 in
  store) cat >"$kept" ;;
  get) grep -sF "\\"$(cat)\\"" "$kept" || { echo 'credentials not found in native keychain'; exit 1; } ;;
  *) exit 1 ;;
esac
`;

testWith(['docker-registry', 'docker'], 'a credential helper has what `docker login` gave it', async () => {
  const { host, caFile, configure, push, bin } = await startClosed('helped');
  await writeFile(join(bin, 'docker-credential-e2e'), HELPER);
  await chmod(join(bin, 'docker-credential-e2e'), 0o755);
  const config = await configure({ credsStore: 'e2e' });
  const env = { DOCKER_CONFIG: config, PATH: withPath(bin) };
  const login = ['docker', 'login', '--username', USER, '--password-stdin', host] as const;
  await runWell(login, { cwd: FOLDER, env, input: PASSWORD });
  // The password is with the helper, and there only.
  const kept = { ServerURL: host, Username: USER, Secret: PASSWORD };
  expect(JSON.parse(await readFile(join(bin, 'kept.json'), 'utf8'))).toEqual(kept);
  expect(await readFile(join(config, 'config.json'), 'utf8')).not.toMatch(/"auth":/);
  expect(await push(config, '--ca-file', caFile)).toMatchObject(PUSHED);
});
