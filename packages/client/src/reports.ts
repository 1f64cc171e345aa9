import type { BlockLocation } from './file-status.js';

export interface MountPoint {
  readonly path: string;
  readonly ufsUri: string;
  readonly ufsType: string;
  readonly mountId: bigint;
  readonly readOnly: boolean;
  readonly shared: boolean;
  /** -1n: the store does not say. */
  readonly ufsCapacityBytes: bigint;
  readonly ufsUsedBytes: bigint;
  readonly properties: Readonly<Record<string, string>>;
}

export interface BlockReport {
  readonly blockId: bigint;
  readonly lengthBytes: bigint;
  readonly locations: readonly BlockLocation[];
}

export interface WorkerReport {
  readonly workerId: bigint;
  readonly host: string;
  readonly rpcPort: number;
  readonly dataPort: number;
  /** What the master says of it: `In Service` ... */
  readonly state: string;
  readonly capacityBytes: bigint;
  readonly usedBytes: bigint;
  readonly startTimeMs: bigint;
}

export interface ClusterReport {
  readonly leaderAddress: string;
  readonly version: string;
  readonly clusterId: string;
  readonly startTimeMs: bigint;
  readonly upTimeMs: bigint;
  readonly capacityBytes: bigint;
  readonly usedBytes: bigint;
  readonly liveWorkers: number;
  readonly lostWorkers: number;
}

export interface ConfigurationReport {
  readonly properties: readonly { readonly name: string; readonly value: string; readonly source: string }[];
  readonly clusterHash: string;
}
