// Blocks read from other workers, by the same call that clients make.
import type { BlockId } from '@alluvium/base';
import type { Address, Network, RpcChannel } from '@alluvium/net';
import type { dataserver } from '@alluvium/wire';
import { readBlockMethod, type Chunk } from './read-codec.js';

export interface PeerRead {
  readonly id: BlockId;
  readonly offset: number;
  readonly length: number;
  readonly ufs?: dataserver.OpenUfsBlockOptions;
  readonly signal?: AbortSignal;
}

/** Connections to other workers are kept; beyond this many the longest unused is closed. */
const MAX_CHANNELS = 32;
const CHUNK_BYTES = 1n << 20n;

export class Peers {
  readonly #network: Network;
  readonly #user: string;
  readonly #channels = new Map<string, { readonly channel: RpcChannel; uses: number }>();

  constructor(network: Network, user: string) {
    this.#network = network;
    this.#user = user;
  }

  /** The bytes of `[offset, offset + length)` of a block at `address`, fewer only where it ends. Throws the peer's error. */
  async *read(address: Address, { id, offset, length, ufs, signal }: PeerRead): AsyncGenerator<Chunk> {
    const entry = this.#open(address);
    entry.uses++;
    const stream = entry.channel.stream(readBlockMethod, signal === undefined ? {} : { signal });
    try {
      await stream.write({
        blockId: id,
        offset: BigInt(offset),
        length: BigInt(length),
        chunkSize: CHUNK_BYTES,
        openUfsBlockOptions: ufs ?? {},
      });
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
        if (chunk.length > 0) yield chunk;
      }
    } finally {
      stream.cancel();
      entry.uses--;
    }
  }

  async close(): Promise<void> {
    const all = [...this.#channels.values()];
    this.#channels.clear();
    await Promise.all(all.map(({ channel }) => channel.close()));
  }

  #open(address: Address) {
    const key = `${address.host}:${address.port}`;
    const entry = this.#channels.get(key) ?? { channel: this.#network.connect(address, { user: this.#user }), uses: 0 };
    this.#channels.delete(key);
    this.#channels.set(key, entry);
    for (const [other, { channel, uses }] of this.#channels) {
      if (this.#channels.size <= MAX_CHANNELS) break;
      if (uses > 0 || other === key) continue;
      this.#channels.delete(other);
      void channel.close();
    }
    return entry;
  }
}
