// The least that can be done with some bytes by plain means, as one process: read, SHA-256 and write (`copy OUT IN...`), or
// read, unpack, SHA-256 and write (`gunzip OUT IN...`). Ends with a sync, as whoever keeps a promise about a file does.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

const MEBIBYTE = 1024 * 1024;
const [what, output, ...inputs] = process.argv.slice(2);

async function* read(path) {
  const file = await open(path);
  const buffers = [Buffer.alloc(MEBIBYTE), Buffer.alloc(MEBIBYTE)];
  let reading = file.read(buffers[0], 0, MEBIBYTE, null);
  for (let turn = 0; ; turn++) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) break;
    reading = file.read(buffers[(turn + 1) % 2], 0, MEBIBYTE, null);
    yield buffers[turn % 2].subarray(0, bytesRead);
  }
  await file.close();
}

async function* unpack(path) {
  const file = await open(path);
  yield* file.createReadStream({ highWaterMark: MEBIBYTE }).pipe(createGunzip({ chunkSize: MEBIBYTE }));
}

const to = await open(output, 'w');
for (const input of inputs) {
  const hash = createHash('sha256');
  for await (const chunk of what === 'gunzip' ? unpack(input) : read(input)) {
    const writing = to.write(chunk);
    hash.update(chunk);
    await writing;
  }
  hash.digest();
}
await to.sync();
await to.close();
