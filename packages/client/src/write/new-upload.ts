import type { blockWorker } from '@alluvium/wire';
import type { Backoff } from '../backoff.js';
import type { ClientContext } from '../operations/context.js';
import { WorkerSearch } from '../worker/worker-search.js';
import { targetsFor } from './choose-target.js';
import { WorkerUpload } from './worker-upload.js';

export function newUpload(
  { workers, clock }: ClientContext,
  path: string,
  command: blockWorker.WriteRequestCommand,
  backoff: Backoff,
  signal: AbortSignal,
  isStored?: (bytes: number) => Promise<boolean>,
): WorkerUpload {
  const search = new WorkerSearch({
    action: `Cannot write "${path}"`,
    candidates: async (round) => {
      if (round > 0) workers.list.forget();
      return await targetsFor(command.spaceToReserve ?? 0n, workers, signal);
    },
    // A worker that is full stays so for longer than a writer waits. One that says `internal` may still have the block in its
    // hands, from an attempt whose connection broke; the master will know of it when it is done.
    mayPass: ({ kind }) => kind === 'unavailable' || (kind === 'internal' && isStored !== undefined),
    failures: workers.failures,
    backoff,
    signal,
  });
  return new WorkerUpload({ command, channels: workers.channels, clock, search, signal, ...(isStored === undefined ? {} : { isStored }) });
}
