import { fail, type Clock, type Random } from '@alluvium/base';
import type {
  Address,
  Caller,
  CallOptions,
  ClientStream,
  ConnectOptions,
  Method,
  Network,
  RpcChannel,
  RpcServer,
  ServeOptions,
  ServiceTable,
} from '@alluvium/net';
import { MemoryCall } from './memory-call.js';

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Draws latencies and the places where received messages are cut. */
  readonly random: Random;
  /** Longest time that a message is under way; 0 delivers in the same turn. */
  readonly maxLatencyMs?: number;
}

interface Listener {
  readonly table: ServiceTable;
  readonly options: ServeOptions;
  readonly address: Address;
  readonly calls: Set<MemoryCall>;
}

const FIRST_FREE_PORT = 40_000;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '0.0.0.0']);

/**
 * A network inside one process: messages are encoded and decoded as on the wire, arrive in order within a call, late by
 * chance, and are lost with the connection. Runs on promises and the clock alone, so a seed replays it.
 */
export class MemoryNetwork implements Network {
  readonly #o: MemoryNetworkOptions;
  readonly #listeners = new Map<string, Listener>();
  /** Keys of addresses that cannot be reached. */
  readonly #unreachable = new Set<string>();
  #nextPort = FIRST_FREE_PORT;

  constructor(options: MemoryNetworkOptions) {
    this.#o = options;
  }

  async serve(address: Address, table: ServiceTable, options: ServeOptions): Promise<RpcServer> {
    const bound = { host: address.host, port: address.port === 0 ? this.#nextPort++ : address.port };
    const key = keyOf(bound);
    if (this.#listeners.has(key)) throw fail('unavailable', `Cannot listen on ${key}: the address is in use`);
    const listener: Listener = { table, options, address: bound, calls: new Set() };
    this.#listeners.set(key, listener);
    return {
      address: bound,
      stop: async () => {
        if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
        breakAll(listener);
      },
    };
  }

  connect(address: Address, options: ConnectOptions): RpcChannel {
    const open = new Set<MemoryCall>();
    let closed = false;
    const start = (method: Method<unknown, unknown>, call: CallOptions): MemoryCall => {
      const made = this.#call(address, options, method, call, open);
      if (closed) made.break(fail('cancelled', 'The channel is closed'));
      return made;
    };
    return {
      address,
      unary: <Q, R>(method: Method<Q, R>, request: Q, call: CallOptions = {}) =>
        unary<R>(start(method as Method<unknown, unknown>, call), request),
      stream: <Q, R>(method: Method<Q, R>, call: CallOptions = {}) =>
        start(method as Method<unknown, unknown>, call) as ClientStream<unknown, unknown> as ClientStream<Q, R>,
      close: async () => {
        closed = true;
        for (const call of [...open]) call.break(fail('cancelled', 'The channel is closed'));
      },
    };
  }

  /** Breaks the connections to an address and refuses new ones until `heal`. */
  cut(address: Address): void {
    const key = keyOf(address);
    this.#unreachable.add(key);
    const listener = this.#listeners.get(key);
    if (listener !== undefined) breakAll(listener);
  }

  heal(address: Address): void {
    this.#unreachable.delete(keyOf(address));
  }

  /** Breaks the connections to an address once; new ones are accepted. */
  reset(address: Address): void {
    const listener = this.#listeners.get(keyOf(address));
    if (listener !== undefined) breakAll(listener);
  }

  #call(
    address: Address,
    connect: ConnectOptions,
    method: Method<unknown, unknown>,
    options: CallOptions,
    open: Set<MemoryCall>,
  ): MemoryCall {
    const key = keyOf(address);
    const listener = this.#unreachable.has(key) ? undefined : this.#listeners.get(key);
    const call = new MemoryCall({
      clock: this.#o.clock,
      method,
      call: options,
      lane: () => this.#lane(),
      split: (message) => this.#split(message),
      onOver: (over) => {
        open.delete(over);
        listener?.calls.delete(over);
      },
    });
    if (listener === undefined) {
      call.break(fail('unavailable', `Cannot connect to ${key}: connection refused`));
      return call;
    }
    const entry = listener.table.find(method.path);
    if (entry === undefined) {
      call.break(fail('unimplemented', `Method not found: ${method.path.slice(1)}`));
      return call;
    }
    if (call.isOver) return call;
    open.add(call);
    listener.calls.add(call);
    void call.serve(entry, () => authenticate(listener, method, connect), 'memory:0');
    return call;
  }

  /** A lane keeps the order of its messages however late each is. */
  #lane(): (arrive: () => void) => void {
    const { clock, random, maxLatencyMs = 0 } = this.#o;
    if (maxLatencyMs === 0) return (arrive) => arrive();
    let lastMs = 0;
    return (arrive) => {
      const nowMs = clock.monotonicMs();
      lastMs = Math.max(lastMs, nowMs + random.next() * maxLatencyMs);
      clock.schedule(lastMs - nowMs, arrive);
    };
  }

  #split(message: Buffer): readonly Uint8Array[] {
    if (message.length < 2 || this.#o.random.next() < 0.5) return [message];
    const at = 1 + Math.floor(this.#o.random.next() * (message.length - 1));
    return [message.subarray(0, at), message.subarray(at)];
  }
}

async function unary<R>(call: MemoryCall, request: unknown): Promise<R> {
  await call.write(request).catch(() => undefined);
  call.end();
  const answer = await call.read();
  if (answer === undefined) throw fail('internal', 'The call ended without an answer');
  await call.read();
  return answer as R;
}

async function authenticate(
  listener: Listener,
  method: Method<unknown, unknown>,
  { user, impersonate, password }: ConnectOptions,
): Promise<Caller> {
  const { authenticator } = listener.options;
  if (authenticator.scheme === 'NOSASL' || listener.table.authenticationOf(method.service) === 'none')
    return { user: '', connectionUser: '' };
  if (user === undefined) throw fail('unauthenticated', 'Cannot call: the channel is not authenticated');
  return authenticator.authenticate({ authorizationId: impersonate ?? '', authenticationId: user, password: password ?? '' });
}

function breakAll(listener: Listener): void {
  for (const call of [...listener.calls]) call.break(fail('unavailable', 'The connection broke'));
}

function keyOf({ host, port }: Address): string {
  return `${LOOPBACK.has(host) ? 'loopback' : host}:${port}`;
}
