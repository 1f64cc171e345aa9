import type { Defaults } from '../master/cluster-defaults.js';
import type { BlockToPlace } from '../placement/placement-policy.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { Workers } from '../worker/workers.js';

/** The workers to write a block to, best first, as the policy has it. */
export async function targetsFor(
  block: BlockToPlace,
  settings: Defaults,
  workers: Workers,
  signal: AbortSignal | undefined,
): Promise<WorkerTarget[]> {
  const live = (await workers.list.get(signal)).filter(({ capacityBytes }) => capacityBytes > 0n);
  return await workers.policies.order('write', settings, live, block);
}
