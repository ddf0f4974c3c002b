import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { resumeBlob } from '../../src/registry/partial-blob.ts';
import { takeWriteOrders } from '../../src/registry/take-write-orders.ts';
import type { WriteAnswer } from '../../src/registry/write-messages.ts';
import { speakToWriter, type WriteThread } from '../../src/registry/write-thread.ts';

const MIB = 1024 * 1024;

let folder: string;
let thread: WriteThread;
let endThread: (error: Error) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkwright-write-'));
  // Both ends are in this thread: what is sent is cloned as between two.
  const { port1, port2 } = new MessageChannel();
  takeWriteOrders(port2);
  thread = speakToWriter({
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; this is a port
    send: (order) => port1.postMessage(order),
    onAnswer: (listener) => port1.on('message', (answer: WriteAnswer) => listener(answer)),
    onFault: (listener) => (endThread = listener),
    close: () => Promise.resolve(port1.close()),
  });
});

afterEach(async () => {
  await thread.close();
  await rm(folder, { recursive: true });
});

async function openFile(flags = 'w+') {
  return open(join(folder, 'file'), flags);
}

test('bytes arrive in order, whatever pieces they come in, behind what is in front of them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 30 }), async (sizes) => {
      const file = await openFile();
      const bytes = Buffer.alloc(
        sizes.reduce((sum, size) => sum + size, 0),
        Buffer.from(sizes.join()),
      );
      const blob = thread.open({ fd: file.fd, offset: 7, digest: digestOf(bytes), onWritten: () => undefined });
      let at = 0;
      for (const size of sizes) {
        const piece = Buffer.from(bytes.subarray(at, at + size));
        await blob.append(piece);
        piece.fill(0);
        at += size;
      }
      expect(await blob.finish()).toBe(digestOf(bytes));
      await file.close();
      expect(digestOf((await readFile(join(folder, 'file'))).subarray(7))).toBe(digestOf(bytes));
    }),
    { numRuns: 30 },
  );
});

test("the system's error is told with its code, and ends the blob alone", async () => {
  const refusing = await openFile('w').then(async (file) => {
    await file.close();
    return openFile('r');
  });
  const bad = thread.open({
    fd: refusing.fd,
    offset: 0,
    digest: digestOf(Buffer.alloc(1)),
    onWritten: () => undefined,
  });
  await bad.append(new Uint8Array(100_000));
  await expect(bad.finish()).rejects.toMatchObject({ code: 'EBADF', syscall: 'write' });
  await bad.stop();
  await refusing.close();
  const file = await openFile();
  const good = thread.open({ fd: file.fd, offset: 0, digest: digestOf(Buffer.alloc(0)), onWritten: () => undefined });
  expect(await good.finish()).toBe(digestOf(Buffer.alloc(0)));
  await file.close();
});

test('whoever waits hears that the thread has ended', async () => {
  const file = await openFile();
  const options = { fd: file.fd, offset: 0, digest: digestOf(Buffer.alloc(0)), onWritten: () => undefined };
  const blob = thread.open(options);
  endThread(new Error('out of memory'));
  await expect(blob.append(new Uint8Array(3 * MIB))).rejects.toThrow('out of memory');
  await expect(thread.open(options).finish()).rejects.toThrow('out of memory');
  await file.close();
});

test('a blob that is handed to the thread starts over, and tells what is written', async () => {
  const file = await openFile();
  const bytes = createHash('shake256', { outputLength: 5 * MIB }).digest();
  const lengths: number[] = [];
  const onLength = (length: number) => Promise.resolve(void lengths.push(length));
  const region = { file, offset: 0, place: 'file', onLength };
  const wanted = { digest: digestOf(bytes), sizeBytes: bytes.length };
  const partial = await resumeBlob(region, wanted, 0, new AbortController().signal, thread);
  await partial.append(new Uint8Array(3 * MIB));
  await partial.clear();
  expect(partial.sizeBytes).toBe(0);
  for (let at = 0; at < bytes.length; at += 64 * 1024)
    await partial.append(new Uint8Array(bytes.subarray(at, at + 64 * 1024)));
  expect(await partial.finish()).toBe(wanted.digest);
  expect(partial.sizeBytes).toBe(5 * MIB);
  await partial.close();
  await file.close();
  expect(lengths.slice(lengths.indexOf(0))).toEqual([0, MIB, 2 * MIB, 3 * MIB, 4 * MIB, 5 * MIB, 5 * MIB]);
  expect((await readFile(join(folder, 'file'))).equals(bytes)).toBe(true);
});
