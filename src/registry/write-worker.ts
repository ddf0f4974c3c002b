import { parentPort } from 'node:worker_threads';
import { takeWriteOrders } from './take-write-orders.ts';

// The thread that `openWriteThread` starts.
if (parentPort !== null) takeWriteOrders(parentPort);
