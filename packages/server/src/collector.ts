// How a server's memory is collected. Measured by bench/run.sh: a third less CPU for writing blocks and for small reads, for some
// 30 MB of memory.
import { setFlagsFromString } from 'node:v8';

/** V8 complains aloud about a flag that it does not know. */
const KNOWN_TO = /^24\./;

/**
 * V8 collects the whole heap for every 64 MB or so of buffers that came from the network, however large the heap may grow. With
 * the buffers counted in the heap's own limit it does so when there is need.
 */
const COUNT_BUFFERS = '--external-memory-accounted-in-global-limit';

/** Below this size the whole heap is not collected; a server's heap is small, and would be several times a second. Counts from the start only. */
const FIRST_LIMIT = '--initial-old-space-size=128';

/** Arguments of Node for a server's process; `npm start` and the program's first line have them as well. */
export const COLLECTOR_FLAGS: readonly string[] = KNOWN_TO.test(process.versions.node) ? [FIRST_LIMIT] : [];

/** What can still be set in a process that runs. */
export function countBuffersInHeapLimit(): void {
  if (KNOWN_TO.test(process.versions.node)) setFlagsFromString(COUNT_BUFFERS);
}
