// A client that still talks to a master in whose place another has been put.
import { kindOf, messageOf } from '@alluvium/base';
import { MasterChannel } from '@alluvium/client/master/master-channel.js';
import { DEFAULT_RETRY } from '@alluvium/client/backoff.js';
import { fileMethods } from '@alluvium/client/master/services.js';
import { SIM_USER, type SimCluster, type SimProcess, type Supplanted } from '@alluvium/testkit';
import { violated } from './world.js';

const WRITES = 3;

/** Asks it for changes; resolves when it has refused all of them. What it was asked for before it stood still it may still answer. */
export async function writeToSupplanted(cluster: SimCluster, client: SimProcess, { address, process }: Supplanted): Promise<void> {
  const { clock, random } = client.environment;
  const retry = { ...DEFAULT_RETRY, maxDurationMs: 1 };
  const channel = new MasterChannel({ addresses: [address], network: client.network, clock, random, user: SIM_USER, retry });
  for (let i = 0; i < WRITES && process.isAlive; i++) {
    const path = `/loyal-${i}`;
    try {
      await channel.unary(fileMethods.createDirectory, { path, options: { allowExists: false, recursive: true } });
    } catch (error) {
      cluster.trace.add(`the supplanted master refuses ${path}: ${kindOf(error)} ${messageOf(error)}`);
      continue;
    }
    violated(`a supplanted master confirms that it made ${path}`);
  }
}
