// A block read from another worker into this one's cache: for clients that ask for a copy, and for orders of the master.
import { fail, randomId63, type BlockId, type Random } from '@alluvium/base';
import type { Address } from '@alluvium/net';
import type { dataserver } from '@alluvium/wire';
import type { BlockStore } from '../store/block-store.js';
import type { Place } from '../store/placement.js';
import type { Peers } from '../transfer/peers.js';
import type { BlockCommits } from '../write/commit-block.js';

export interface PeerCopy {
  /** As which block it is kept here. */
  readonly id: BlockId;
  /** Which block is read there. */
  readonly from: BlockId;
  readonly length: number;
  /** What the peer is told of the block's place in a store, when it has no copy. */
  readonly ufs?: dataserver.OpenUfsBlockOptions;
  readonly pinned?: boolean;
  readonly place?: Place;
  readonly signal?: AbortSignal;
  /** Awaited before so many bytes are written. */
  readonly admit?: (bytes: number) => Promise<void>;
}

interface Dependencies {
  readonly random: Random;
  readonly store: BlockStore;
  readonly commits: BlockCommits;
  readonly peers: Peers;
}

/** Throws the peer's error, `outOfRange` when it has fewer bytes, `resourceExhausted` when there is no room here. */
export async function copyFromPeer(d: Dependencies, copy: PeerCopy, source: Address): Promise<void> {
  const { id, from, length, ufs, pinned, place, signal } = copy;
  const temp = await d.store.createTemp({
    id,
    session: randomId63(d.random),
    reserveBytes: length,
    ...(pinned === undefined ? {} : { pinned }),
    ...(place === undefined ? {} : { place }),
  });
  try {
    const read = { id: from, offset: 0, length, ...(ufs === undefined ? {} : { ufs }), ...(signal === undefined ? {} : { signal }) };
    for await (const chunk of d.peers.read(source, read)) {
      await copy.admit?.(chunk.length);
      await temp.write(chunk.parts);
    }
    if (temp.length !== length)
      throw fail('outOfRange', `Cannot cache block ${id}: ${source.host}:${source.port} has ${temp.length} bytes; ${length} wanted`);
    signal?.throwIfAborted();
    await d.commits.commit(temp);
  } catch (error) {
    await temp.abort();
    throw error;
  }
}
