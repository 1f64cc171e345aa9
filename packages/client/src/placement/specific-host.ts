import { fail } from '@alluvium/base';
import type { LiveWorker } from '../worker/worker-list.js';
import type { PlacementPolicy } from './placement-policy.js';

/** The workers of one host, and no other. */
export class SpecificHost implements PlacementPolicy {
  readonly #host: string;

  constructor(host: string) {
    if (host === '') throw fail('invalidArgument', 'Cannot place blocks by SpecificHostPolicy: alluxio.worker.hostname names no host');
    this.#host = host;
  }

  order(workers: readonly LiveWorker[]): LiveWorker[] {
    return workers.filter(({ host }) => host === this.#host);
  }
}
