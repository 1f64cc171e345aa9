import { setFlagsFromString } from 'node:v8';

/** V8 complains aloud about a flag that it does not know. */
const KNOWN_TO = /^24\./;

/**
 * V8 collects the whole heap for every 64 MB or so of buffers that came from the network, however large the heap may grow. With
 * the buffers counted in the heap's own limit it does so when there is need (measured: a fifth of the CPU of writing blocks, for
 * some 30 MB of memory).
 */
export function countBuffersInHeapLimit(): void {
  if (KNOWN_TO.test(process.versions.node)) setFlagsFromString('--external-memory-accounted-in-global-limit');
}
