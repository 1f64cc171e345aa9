import type { Address, RpcChannel } from '@alluvium/net';
import type { WorkerTarget } from './worker-target.js';

/** A channel in use; it stays open until it is given back. */
export interface ChannelLease {
  readonly channel: RpcChannel;
  /** Harmless when called again. */
  release(): void;
}

interface Entry {
  readonly channel: RpcChannel;
  users: number;
}

/** One channel for each worker, opened on first use; those of workers that are gone are closed when nobody uses them. */
export class WorkerChannels {
  readonly #connect: (address: Address) => RpcChannel;
  readonly #entries = new Map<string, Entry>();

  constructor(connect: (address: Address) => RpcChannel) {
    this.#connect = connect;
  }

  lease({ key, address }: WorkerTarget): ChannelLease {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { channel: this.#connect(address), users: 0 };
      this.#entries.set(key, entry);
    }
    const leased = entry;
    leased.users++;
    let released = false;
    return {
      channel: leased.channel,
      release: () => {
        if (!released) leased.users--;
        released = true;
      },
    };
  }

  /** Closes what is not in use and not in `keep`. */
  prune(keep: ReadonlySet<string>): void {
    for (const [key, entry] of this.#entries) {
      if (entry.users > 0 || keep.has(key)) continue;
      this.#entries.delete(key);
      void entry.channel.close();
    }
  }

  async close(): Promise<void> {
    const channels = [...this.#entries.values()].map(({ channel }) => channel);
    this.#entries.clear();
    await Promise.all(channels.map((channel) => channel.close()));
  }
}
