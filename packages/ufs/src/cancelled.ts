import { AlluviumError, fail, messageOf } from '@alluvium/base';

/** Throws the signal's reason as an error of ours once it is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const reason: unknown = signal.reason;
  throw reason instanceof AlluviumError ? reason : fail('cancelled', messageOf(reason), reason);
}
