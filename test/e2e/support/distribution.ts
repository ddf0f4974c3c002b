import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DistributionOptions {
  /** PEM; it then speaks https only. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** A file of htpasswd, with bcrypt; everybody is let in without. */
  readonly htpasswd?: string;
  /** Whether it tells of every request that it answers. */
  readonly logsRequests?: boolean;
}

export interface Distribution {
  /** `127.0.0.1:1234`, as it is in the names of images. */
  readonly host: string;
  readonly port: number;
  /** `GET /v2/zoo/tags/list`, in the order in which they were answered; of one that logs them and has no TLS. */
  readonly requests: () => Promise<readonly string[]>;
  /** Ends it, and removes what it holds. */
  readonly stop: () => Promise<void>;
}

const START_MS = 10_000;

/**
 * Starts the registry of the CNCF, `docker-registry` of Debian, on a free port of 127.0.0.1. It keeps everything in `folder`,
 * which is its own.
 */
export async function startDistribution(folder: string, options: DistributionOptions = {}): Promise<Distribution> {
  const { tls, htpasswd, logsRequests = false } = options;
  await mkdir(folder, { recursive: true });
  const path = (name: string) => join(folder, name);
  // JSON is YAML.
  const config = {
    version: 0.1,
    log: { accesslog: { disabled: !logsRequests }, level: 'info', formatter: 'json' },
    storage: { filesystem: { rootdirectory: path('data') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      secret: 'of-a-test',
      ...(tls === undefined ? {} : { tls: { certificate: path('cert.pem'), key: path('key.pem') } }),
    },
    ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: path('htpasswd') } } }),
  };
  await writeFile(path('config.yml'), JSON.stringify(config));
  if (tls !== undefined) await writeFile(path('cert.pem'), tls.cert);
  if (tls !== undefined) await writeFile(path('key.pem'), tls.key, { mode: 0o600 });
  if (htpasswd !== undefined) await writeFile(path('htpasswd'), htpasswd);

  const child = spawn('docker-registry', ['serve', path('config.yml')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (logsRequests) said.stdout += text;
  });
  const listening = new Promise<string>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr = `${said.stderr}${text}`.slice(-10_000);
      const [, port] = /listening on 127\.0\.0\.1:(\d+)/.exec(said.stderr) ?? [];
      if (port !== undefined) resolve(port);
    });
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const port = await Promise.race([listening, ended.then(() => null), sleep(START_MS, null, { ref: false })]);
  if (port === null) {
    await stop();
    throw new Error(`docker-registry does not listen:\n${said.stderr}`);
  }
  const host = `127.0.0.1:${port}`;
  const listRequests = () =>
    [...said.stdout.matchAll(/"([A-Z]+ \S+) HTTP\/[\d.]+"/g)].map(([, request = '']) => request);
  let marks = 0;
  return {
    host,
    port: Number(port),
    requests: async () => {
      // It tells of a request after it has answered: what was asked before this one is told of before.
      const mark = `/v2/?mark=${++marks}`;
      await (await fetch(`http://${host}${mark}`)).arrayBuffer();
      while (!listRequests().includes(`GET ${mark}`)) await sleep(10);
      return listRequests().filter((request) => !request.includes('/v2/?mark='));
    },
    stop,
  };
}
