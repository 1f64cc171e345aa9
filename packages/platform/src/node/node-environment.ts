import type { Environment } from '../environment.js';
import { nodeClock } from './node-clock.js';
import { nodeDisk } from './node-disk.js';
import { nodeLogger } from './node-logger.js';
import { nodeRandom } from './node-random.js';

/** Everything a role of a real process gets from this machine; parts may be given instead. */
export function nodeEnvironment(parts: Partial<Environment> = {}): Environment {
  return {
    clock: parts.clock ?? nodeClock,
    random: parts.random ?? nodeRandom,
    disk: parts.disk ?? nodeDisk(),
    log: parts.log ?? nodeLogger(),
  };
}
