import type { LiveWorker } from '@alluvium/client/worker/worker-list.js';

const MIB = 1n << 20n;

/** A live worker at `host:29999`. Sizes in MiB. */
export function worker(host: string, capacityMib: number, usedMib = 0, tiers: Readonly<Record<string, string>> = {}): LiveWorker {
  return {
    key: `${host}:29999`,
    address: { host, port: 29_999 },
    host,
    tiers: Object.entries(tiers).map(([tierName, value]) => ({ tierName, value })),
    socketPath: '',
    capacityBytes: BigInt(capacityMib) * MIB,
    freeBytes: BigInt(capacityMib - usedMib) * MIB,
    description: `host=${host}, containerHost=, rpcPort=29999, dataPort=29999, webPort=30000, domainSocketPath=`,
  };
}

export function block(id: bigint | number, lengthMib = 64): { readonly id: bigint; readonly lengthBytes: bigint } {
  return { id: BigInt(id), lengthBytes: BigInt(lengthMib) * MIB };
}
