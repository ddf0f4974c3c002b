import { ForkwrightError } from '../../errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Operation } from '../connection/failure.ts';
import { resolveLocation } from '../connection/host.ts';
import { discard } from '../connection/refusal.ts';
import { sendBlob } from '../upload/upload.ts';
import { operate, pathOf, pullScope, pushScope, type Remote } from './remote.ts';
import type { BlobContent, BlobOutcome, BlobWriteOptions } from './repository.ts';

/** As in `Repository.hasBlob`. */
export async function hasBlob(remote: Remote, digest: Digest): Promise<boolean> {
  return operate(remote, `looking for the blob ${digest}`, 0, (operation) =>
    findBlob(remote, digest, remote.readScope, operation),
  );
}

/** As in `Repository.writeBlob`. Specification: distribution-spec, "Pushing blobs". */
export async function writeBlob(
  remote: Remote,
  content: BlobContent,
  { mountFrom, isKnownAbsent = false, onBytes }: BlobWriteOptions,
): Promise<BlobOutcome> {
  const { digest } = content;
  const isThere = (operation: Operation) => findBlob(remote, digest, pushScope(remote.name), operation);
  const isNew = isKnownAbsent || !(await operate(remote, `looking for the blob ${digest}`, 0, isThere));
  if (!isNew) return 'present';
  let begun: URL | null = null;
  for (const from of mountFrom) {
    const mounted = await mountBlob(remote, digest, from);
    if (mounted === true) return 'mounted';
    // An upload that nobody goes on with is thrown away by the registry.
    begun = mounted ?? begun;
  }
  await sendBlob(remote, content, begun, { isThere, onBytes });
  return 'sent';
}

async function findBlob(remote: Remote, digest: Digest, scope: string, operation: Operation): Promise<boolean> {
  const target = pathOf(remote, `blobs/${digest}`);
  const call = { method: 'HEAD', target, scopes: [scope], accept: [200, 404] } as const;
  const answer = await remote.host.exchange(call, operation);
  await discard(answer);
  return answer.status === 200;
}

/** True where it is mounted, the address of an upload where the registry wants the bytes, null where it wants neither. */
async function mountBlob(remote: Remote, digest: Digest, from: string): Promise<true | URL | null> {
  const query = new URLSearchParams({ mount: digest, from });
  try {
    return await operate(remote, `mounting the blob ${digest} from ${from}`, 0, async (operation) => {
      const answer = await remote.host.exchange(
        {
          method: 'POST',
          target: pathOf(remote, `blobs/uploads/?${query.toString()}`),
          scopes: [pushScope(remote.name), pullScope(from)],
          accept: [201, 202],
        },
        operation,
      );
      await discard(answer);
      return answer.status === 201 ? true : resolveLocation(answer.header('location'), answer.url, operation);
    });
  } catch (error) {
    // Mounting only saves time. Who may not read the other repository, or where it is not known, sends the bytes.
    if (error instanceof ForkwrightError && MOUNT_REFUSED.has(error.code)) return null;
    throw error;
  }
}

const MOUNT_REFUSED: ReadonlySet<string> = new Set([
  'registry.unauthorized',
  'registry.denied',
  'registry.not-found',
  'registry.refused',
]);
