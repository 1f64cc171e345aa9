import { fail } from '@alluvium/base';
import type { Address, RpcChannel } from '@alluvium/net';
import type { WorkerTarget } from './worker-target.js';

/**
 * Readings that may pause on one connection. Each can leave a stream window of unread bytes (4 MiB) in the window of its
 * connection (16 MiB): with a fourth one a program that pauses them all would stop everything else on it.
 */
const PACED_ON_A_CONNECTION = 3;
/** Connections to one worker for such readings. */
const MOST_CONNECTIONS = 256;
const MOST_IDLE = 2;

/** A channel in use; it stays open until it is given back. */
export interface ChannelLease {
  readonly channel: RpcChannel;
  /** Harmless when called again. */
  release(): void;
}

interface Connection {
  readonly channel: RpcChannel;
  users: number;
}

interface Entry {
  /** Of the worker, which has another entry when it is reached another way. */
  readonly worker: string;
  /** For what ends by itself: calls, uploads, positioned reads. */
  readonly shared: Connection;
  /** For what the program reads at its own pace. */
  readonly paced: Set<Connection>;
}

/** The channels to workers, opened on first use; those to workers that are gone are closed when nobody uses them. */
export class WorkerChannels {
  readonly #connect: (address: Address) => RpcChannel;
  readonly #entries = new Map<string, Entry>();

  constructor(connect: (address: Address) => RpcChannel) {
    this.#connect = connect;
  }

  lease(worker: WorkerTarget): ChannelLease {
    return leaseOf(this.#entryOf(worker).shared, () => undefined);
  }

  /** For a stream that may lie unread. Throws `resourceExhausted` when hundreds do already. */
  leasePaced(worker: WorkerTarget): ChannelLease {
    const { paced } = this.#entryOf(worker);
    let connection = [...paced].find(({ users }) => users < PACED_ON_A_CONNECTION);
    if (connection === undefined) {
      if (paced.size >= MOST_CONNECTIONS)
        throw fail('resourceExhausted', `${paced.size * PACED_ON_A_CONNECTION} readings of ${worker.key} are under way`);
      connection = { channel: this.#connect(worker.address), users: 0 };
      paced.add(connection);
    }
    return leaseOf(connection, (left) => {
      if ([...paced].filter(({ users }) => users === 0).length <= MOST_IDLE) return;
      paced.delete(left);
      void left.channel.close();
    });
  }

  /** Closes what is not in use and not in `keep`. */
  prune(keep: ReadonlySet<string>): void {
    for (const [key, { worker, shared, paced }] of this.#entries) {
      if (keep.has(worker) || [shared, ...paced].some(({ users }) => users > 0)) continue;
      this.#entries.delete(key);
      for (const { channel } of [shared, ...paced]) void channel.close();
    }
  }

  async close(): Promise<void> {
    const connections = [...this.#entries.values()].flatMap(({ shared, paced }) => [shared, ...paced]);
    this.#entries.clear();
    await Promise.all(connections.map(({ channel }) => channel.close()));
  }

  #entryOf({ key, address }: WorkerTarget): Entry {
    const way = address.socketPath === undefined ? key : `${key} ${address.socketPath}`;
    let entry = this.#entries.get(way);
    if (entry === undefined) {
      entry = { worker: key, shared: { channel: this.#connect(address), users: 0 }, paced: new Set() };
      this.#entries.set(way, entry);
    }
    return entry;
  }
}

function leaseOf(connection: Connection, idle: (connection: Connection) => void): ChannelLease {
  connection.users++;
  let released = false;
  return {
    channel: connection.channel,
    release: () => {
      if (released) return;
      released = true;
      connection.users--;
      if (connection.users === 0) idle(connection);
    },
  };
}
