// An operator takes a worker out of service, which hands over what it has, and lets it back, whether it was through or not.
import { sleep } from '@alluvium/base';
import { methodsOf, type Method, type RpcChannel } from '@alluvium/net';
import type { SeededRandom, SimCluster } from '@alluvium/testkit';
import { blockMaster } from '@alluvium/wire';
import { violated } from './world.js';

const methods = methodsOf(blockMaster.BlockMasterClientServiceDefinition);

const FIRST_WEB_PORT = 31_000;
const ANSWERED_WITHIN_MS = 40 * 60_000;
const PAUSE_MS = 1000;
/** Through, or not begun. */
const OUT_FOR_MS = [100, 5000, 60_000] as const;

export async function drainAWhile(cluster: SimCluster, random: SeededRandom): Promise<void> {
  const at = random.below(cluster.workers.length);
  const worker = { workerHostname: 'localhost', workerWebPort: BigInt(FIRST_WEB_PORT + at) };
  const process = cluster.process(`operator of worker-${at}`);
  const channel = process.network.connect(cluster.masterAddress, { user: 'alluvium' });
  cluster.trace.add(`worker-${at} is taken out of service`);
  try {
    // One that is not there cannot be taken out.
    await channel.unary(methods.decommissionWorker, { ...worker, canRegisterAgain: random.chance(0.5) });
    await sleep(cluster.clock, random.next() * random.pick(OUT_FOR_MS));
  } catch (error) {
    cluster.trace.add(`worker-${at} is not taken out of service: ${String(error)}`);
  }
  await untilAnswered(cluster, channel, methods.removeDisabledWorker, worker);
  cluster.trace.add(`worker-${at} is let back`);
  process.kill();
}

async function untilAnswered<Q>(cluster: SimCluster, channel: RpcChannel, method: Method<Q, unknown>, request: Q): Promise<void> {
  const untilMs = cluster.clock.monotonicMs() + ANSWERED_WITHIN_MS;
  for (;;) {
    try {
      await channel.unary(method, request);
      return;
    } catch (error) {
      if (cluster.clock.monotonicMs() > untilMs) violated(`nobody lets a worker back: ${String(error)}`);
      await sleep(cluster.clock, PAUSE_MS);
    }
  }
}
