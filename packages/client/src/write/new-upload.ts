import type { blockWorker } from '@alluvium/wire';
import { Backoff } from '../backoff.js';
import type { Defaults } from '../master/cluster-defaults.js';
import type { ClientContext } from '../operations/context.js';
import { WorkerSearch } from '../worker/worker-search.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { Workers } from '../worker/workers.js';
import { targetsFor } from './choose-target.js';
import type { KeptBytes } from './kept-bytes.js';
import { LocalAttempt } from './local-attempt.js';
import { StreamAttempt } from './stream-attempt.js';
import type { UploadAttempt } from './upload-attempt.js';
import { WorkerUpload } from './worker-upload.js';

export interface NewUpload {
  readonly path: string;
  readonly settings: Defaults;
  readonly command: blockWorker.WriteRequestCommand;
  /** Bytes that the worker must be able to hold. */
  readonly lengthBytes: bigint;
  readonly signal: AbortSignal;
  /** Undefined: what is sent need not be kept to its end. */
  readonly budget?: KeptBytes;
  readonly isStored?: (bytes: number) => Promise<boolean>;
  /** Whether the worker's files may be written to. */
  readonly shortCircuit: boolean;
}

export function newUpload(context: ClientContext, upload: NewUpload): WorkerUpload {
  const { workers, clock, random, retry } = context;
  const { path, settings, command, lengthBytes, signal, budget, isStored } = upload;
  const search = new WorkerSearch({
    action: `Cannot write "${path}"`,
    candidates: async (round) => {
      if (round > 0) workers.list.forget();
      return await targetsFor({ id: command.id ?? -1n, lengthBytes }, settings, workers, signal);
    },
    // One that says `internal` may still have the block in its hands, from an attempt whose connection broke; the master will know of
    // it when it is done.
    mayPass: ({ kind }) => kind === 'unavailable' || (kind === 'internal' && isStored !== undefined),
    // A worker that is full stays so for longer than a writer waits, and so do those that are away.
    decides: ({ kind }) => kind === 'resourceExhausted',
    failures: workers.failures,
    backoff: new Backoff(retry, clock, random),
    signal,
  });
  return new WorkerUpload({
    command,
    ways: (worker, asked) => waysTo(context, upload, worker, asked),
    search,
    budget,
    ...(isStored === undefined ? {} : { isStored }),
  });
}

/** A file of the worker first, where there may be one, then a stream. */
async function* waysTo(
  { workers, clock }: ClientContext,
  { settings, shortCircuit, signal }: NewUpload,
  worker: WorkerTarget,
  command: blockWorker.WriteRequestCommand,
): AsyncGenerator<UploadAttempt, void, void> {
  const { machine } = workers;
  if (shortCircuit && machine !== undefined && mayWriteFiles(workers, worker, settings)) {
    const lease = workers.channels.lease(await workers.reached(worker, settings));
    yield new LocalAttempt({ lease, clock, machine, command, signal, unshared: () => workers.unshared.note(worker) });
  }
  yield new StreamAttempt(workers.channels.lease(await workers.reached(worker, settings)), clock, command, signal);
}

/** As Java clients decide: for writing the name of the host counts, not its locality. */
function mayWriteFiles({ locality, unshared }: Workers, worker: WorkerTarget, settings: Defaults): boolean {
  if (!settings.shortCircuit || (worker.socketPath !== '' && !settings.shortCircuitPreferred)) return false;
  return worker.host === locality.host && !unshared.has(worker);
}
