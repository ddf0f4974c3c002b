// `tsc` leaves the output of deleted sources behind; a stale dist/ would hide a broken import.
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
