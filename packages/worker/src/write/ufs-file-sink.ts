import { fail, type MountId } from '@alluvium/base';
import type { UfsWriter } from '@alluvium/ufs';
import type { blockWorker } from '@alluvium/wire';
import type { StoreLease } from '../under/mounts.js';
import type { WriteDependencies, WriteSink } from './write-block.js';

/** Bytes of a stream that become a file of an under store, visible with its commit. Throws `unavailable` for an unknown mount. */
export async function ufsFileSink(d: WriteDependencies, command: blockWorker.WriteRequestCommand): Promise<WriteSink> {
  const options = command.createUfsFileOptions;
  if (options?.ufsPath === undefined || options.mountId === undefined)
    throw fail('invalidArgument', 'Cannot write a file of the under store: ufs_path and mount_id are wanted');
  const lease = await d.mounts.lease(options.mountId as MountId);
  const abort = new AbortController();
  try {
    const writer = await lease.store.create(lease.relative(options.ufsPath), {
      signal: abort.signal,
      ...(options.owner === undefined || options.owner === '' ? {} : { owner: options.owner }),
      ...(options.group === undefined || options.group === '' ? {} : { group: options.group }),
      ...(options.mode === undefined ? {} : { mode: options.mode }),
    });
    return sinkOf(d, writer, lease, abort);
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
}

function sinkOf(d: WriteDependencies, writer: UfsWriter, lease: StoreLease, abort: AbortController): WriteSink {
  return {
    async write(parts, length) {
      await writer.write(parts);
      d.counters.wroteToUfs(lease.store.uri, length);
    },
    flush: async () => undefined,
    async commit() {
      const { contentHash } = await writer.commit();
      lease[Symbol.dispose]();
      return contentHash;
    },
    async abort() {
      try {
        abort.abort();
        await writer.abort();
      } finally {
        lease[Symbol.dispose]();
      }
    },
  };
}
