// One worker's part in an upload. There are two ways to hand a worker bytes: a stream of messages, and a file on the same machine.
import type { blockWorker } from '@alluvium/wire';

/** `alluxio.user.streaming.data.write.timeout`. */
export const STALLED_MS = 180_000;
/** `alluxio.user.streaming.writer.close.timeout`. */
export const FINISH_MS = 1_800_000;

/** One call at a time. `release` or `cancel` ends it; calling either again is harmless. */
export interface UploadAttempt {
  /** False when this way is not open to this program, which says nothing about the worker. */
  begin(): Promise<boolean>;
  send(chunk: Uint8Array): Promise<void>;
  /** Resolves when the worker has it all: its last message, if there is one. */
  end(): Promise<blockWorker.WriteResponse | undefined>;
  /** Why a call on this attempt failed: the worker's own word, where there is one. */
  causeOf(error: unknown): Promise<unknown>;
  release(): void;
  /** The worker drops what it has. */
  cancel(): void;
}
