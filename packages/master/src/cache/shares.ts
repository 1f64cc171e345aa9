// What of a quota falls to each worker.
import type { PolicyHere } from './policy-properties.js';

/**
 * Bytes that a worker with `capacityBytes` may keep of a class. A quota over the cluster is divided by the capacity of the workers,
 * rounded down: the shares of all never add up to more than the quota, and miss less than a byte each.
 */
export function shareOf({ quotaBytes, quotaPerWorkerBytes }: PolicyHere, capacityBytes: bigint, allBytes: bigint): bigint | undefined {
  const each = typeof quotaPerWorkerBytes === 'number' ? BigInt(quotaPerWorkerBytes) : undefined;
  const ofAll = typeof quotaBytes === 'number' ? partOf(BigInt(quotaBytes), capacityBytes, allBytes) : undefined;
  if (each === undefined) return ofAll;
  return ofAll === undefined || each < ofAll ? each : ofAll;
}

/** A worker that is not counted yet has no share of what the others have. */
function partOf(quota: bigint, capacity: bigint, all: bigint): bigint {
  return all <= 0n || capacity <= 0n ? 0n : (quota * (capacity < all ? capacity : all)) / all;
}
