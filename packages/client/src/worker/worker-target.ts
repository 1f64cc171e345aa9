import type { Address } from '@alluvium/net';
import type { common } from '@alluvium/wire';

/** A worker as clients reach it. */
export interface WorkerTarget {
  /** `host:port`; one worker has one key. */
  readonly key: string;
  readonly address: Address;
  /** The host it announces, which is compared with the client's own. */
  readonly host: string;
  /** Where it is, from near to far. */
  readonly tiers: readonly common.LocalityTier[];
  /** Where its domain socket lies, for programs on its machine; '' when it has none. */
  readonly socketPath: string;
}

const NOWHERE: readonly common.LocalityTier[] = [];

export function targetOf(address: common.WorkerNetAddress): WorkerTarget {
  const { host = '', containerHost = '', rpcPort = 0, domainSocketPath = '', tieredIdentity } = address;
  const port = address.dataPort === undefined || address.dataPort === 0 ? rpcPort : address.dataPort;
  const reached = containerHost === '' ? host : containerHost;
  return {
    key: `${reached}:${port}`,
    address: { host: reached, port },
    host,
    tiers: tieredIdentity?.tiers ?? NOWHERE,
    socketPath: domainSocketPath,
  };
}
