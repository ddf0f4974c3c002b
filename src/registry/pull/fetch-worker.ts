import { parentPort } from 'node:worker_threads';
import { takeFetchOrders } from './take-fetch-orders.ts';

// The thread that `startFetchThread` starts.
if (parentPort !== null) takeFetchOrders(parentPort);
