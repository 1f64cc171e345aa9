// WriteBlock: one stream writes one block, or one file of an under store. The first message says which; chunks and flush
// commands follow; half-close commits, anything else leaves nothing behind.
import { fail, randomId63, type Random } from '@alluvium/base';
import type { StreamHandler } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import type { Counters } from '../counters.js';
import type { BlockStore } from '../store/block-store.js';
import type { WriteMessage } from '../transfer/write-codec.js';
import type { Mounts } from '../under/mounts.js';
import { blockSink } from './block-sink.js';
import type { BlockCommits } from './commit-block.js';
import { ufsFileSink } from './ufs-file-sink.js';

/** Where the bytes of one stream go. Exactly one of `commit` and `abort` ends it; `abort` after a failed `commit` is harmless. */
export interface WriteSink {
  write(parts: readonly Uint8Array[], length: number): Promise<void>;
  /** The client wants to know that everything so far has been taken. */
  flush(): Promise<void>;
  /** The content hash, where the sink has one. */
  commit(): Promise<string | undefined>;
  abort(): Promise<void>;
}

export interface WriteDependencies {
  readonly random: Random;
  readonly store: BlockStore;
  readonly commits: BlockCommits;
  readonly mounts: Mounts;
  readonly counters: Counters;
}

export function writeBlockHandler(d: WriteDependencies): StreamHandler<WriteMessage, blockWorker.WriteResponse> {
  return async (stream) => {
    const first = await stream.read();
    if (first === undefined) return;
    if (first.command === undefined) throw fail('invalidArgument', 'Cannot write: the first message of the stream is not a command');
    const sink = await openSink(d, first.command);
    try {
      let offset = 0;
      for (let message = await stream.read(); message !== undefined; message = await stream.read()) {
        if (message.chunk !== undefined) {
          if (message.chunk.length === 0) throw fail('invalidArgument', 'Cannot write an empty chunk');
          await sink.write(message.chunk.parts, message.chunk.length);
          offset += message.chunk.length;
        } else if (message.command !== undefined) {
          const given = message.command.offset ?? 0n;
          if (given !== BigInt(offset)) throw fail('invalidArgument', `Offsets do not match [received: ${given}, expected: ${offset}].`);
          await sink.flush();
          if (message.command.flush === true) await stream.write({ offset: BigInt(offset) });
        } else {
          throw fail('invalidArgument', 'Cannot write: a message is neither a command nor a chunk');
        }
      }
      const contentHash = await sink.commit();
      if (contentHash !== undefined) await stream.write({ offset: BigInt(offset), contentHash });
    } catch (error) {
      await sink.abort();
      throw error;
    }
  };
}

function openSink(d: WriteDependencies, command: blockWorker.WriteRequestCommand): Promise<WriteSink> {
  switch (command.type ?? blockWorker.RequestType.ALLUXIO_BLOCK) {
    case blockWorker.RequestType.ALLUXIO_BLOCK:
      return blockSink(d, command, randomId63(d.random));
    case blockWorker.RequestType.UFS_FILE:
      return ufsFileSink(d, command);
    default:
      throw fail(
        'unimplemented',
        'Cannot write a block to the under store: UFS_FALLBACK_BLOCK is not served; set alluxio.user.file.ufs.tier.enabled to false',
      );
  }
}
