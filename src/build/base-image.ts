import { resolve } from 'node:path';
import { examineBlobs } from '../archive/examine-blobs.ts';
