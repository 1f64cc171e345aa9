// Tiered locality: where this program is, in names from near to far (node, rack, ...), and how far away a worker is.
import { fail, messageOf } from '@alluvium/base';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { LocalMachine } from './local-machine.js';

/** Addresses of node names that are remembered. */
const MOST_RESOLVED = 1024;
const PREFIX = 'alluxio.locality.';
/** Options of that prefix that name no tier. */
const NO_TIERS = new Set(['order', 'script', 'compare.node.ip']);

export interface LocalityOrder {
  /** Tiers from near to far: `node,rack`. */
  readonly localityOrder: readonly string[];
  /** Whether nodes of different names and the same address are one. */
  readonly compareNodeIp: boolean;
}

export class Locality {
  /** The name of this host, as workers announce theirs. */
  readonly host: string | undefined;
  /** The place of this program in each tier. */
  readonly #places: ReadonlyMap<string, string>;
  readonly #machine: LocalMachine | undefined;
  readonly #addresses = new Map<string, string | undefined>();

  constructor(host: string | undefined, places: ReadonlyMap<string, string>, machine?: LocalMachine) {
    this.host = host;
    this.#places = places;
    this.#machine = machine;
  }

  /** To be awaited before `distance` when nodes are compared by address: asks for those that are not known. */
  async learn(workers: readonly WorkerTarget[], { compareNodeIp }: LocalityOrder): Promise<void> {
    if (!compareNodeIp || this.#machine === undefined) return;
    const machine = this.#machine;
    if (this.#addresses.size > MOST_RESOLVED) this.#addresses.clear();
    const names = new Set([this.#place('node'), ...workers.map((worker) => placeOf(worker, 'node'))]);
    const unknown = [...names].filter((name) => name !== undefined && name !== '' && !this.#addresses.has(name)) as string[];
    await Promise.all(unknown.map(async (name) => void this.#addresses.set(name, await machine.resolve(name))));
  }

  /** 0: the nearest tier is the same; as many as there are tiers: none is. */
  distance(worker: WorkerTarget, { localityOrder, compareNodeIp }: LocalityOrder): number {
    const at = localityOrder.findIndex((tier) => {
      const [own, other] = [this.#place(tier), placeOf(worker, tier)];
      if (own === undefined || own === '' || other === undefined) return false;
      return own === other || (compareNodeIp && tier === 'node' && this.#isSameAddress(own, other));
    });
    return at < 0 ? localityOrder.length : at;
  }

  /** Whether the worker is on this machine: where its files can be opened. */
  isHere(worker: WorkerTarget, order: LocalityOrder): boolean {
    return order.localityOrder[0] === 'node' && this.distance(worker, order) === 0;
  }

  #place(tier: string): string | undefined {
    return this.#places.get(tier) ?? (tier === 'node' ? this.host : undefined);
  }

  #isSameAddress(a: string, b: string): boolean {
    const address = this.#addresses.get(a);
    return address !== undefined && address === this.#addresses.get(b);
  }
}

/** A worker that names no node is as near as its host. */
function placeOf({ tiers, host }: WorkerTarget, tier: string): string | undefined {
  const named = tiers.find(({ tierName }) => tierName === tier)?.value;
  return named !== undefined && named !== '' ? named : tier === 'node' ? host : undefined;
}

/**
 * The places that the properties `alluxio.locality.<tier>` name, and for other tiers those that the script says, if one is set:
 * `node=a,rack=b`. Rejects with `failedPrecondition` when the script does not say it so.
 */
export async function ownPlaces(
  properties: Readonly<Record<string, string>>,
  machine: LocalMachine | undefined,
): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  const script = properties[`${PREFIX}script`] ?? '';
  if (script !== '' && machine !== undefined) {
    const said = await machine.output(script).catch((error: unknown) => {
      throw fail('failedPrecondition', `Cannot run "${script}" of ${PREFIX}script: ${messageOf(error)}`, error);
    });
    for (const pair of said.trim().split(',')) {
      const [tier = '', place, ...more] = pair.trim().split('=');
      if (tier === '' || place === undefined || more.length > 0 || places.has(tier))
        throw fail('failedPrecondition', `Cannot use what "${script}" says: "${said.trim()}"; something like "node=a,rack=b" is wanted`);
      places.set(tier, place);
    }
  }
  for (const [name, value] of Object.entries(properties)) {
    const tier = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
    if (tier !== '' && value !== '' && !NO_TIERS.has(tier)) places.set(tier, value);
  }
  return places;
}
