import { InvariantError, messageOf } from '@alluvium/base';
import type { Clock, Timer } from '@alluvium/base';
import type { HeaderBlock } from '../hpack/header-block.js';
import type { ByteConnection } from '../http2/byte-connection.js';
import { Http2Connection } from '../http2/connection.js';
import type { ConnectionUser } from '../http2/connection.js';
import { ErrorCode } from '../http2/errors.js';
import { MAX_STREAM_ID } from '../http2/frames.js';
import type { KeepaliveOptions } from '../http2/keepalive.js';
import type { Http2Limits } from '../http2/limits.js';
import { MemoryBudget } from '../http2/memory-budget.js';
import { listen } from '../http2/node-socket.js';
import type { Listener } from '../http2/node-socket.js';
import type { Http2Stream, StreamUser } from '../http2/stream.js';
import type { Caller } from '../rpc/call.js';
import type { Method } from '../rpc/method.js';
import type { Address, RpcServer, ServeOptions } from '../rpc/network.js';
import type { ServiceEntry, ServiceTable } from '../rpc/service.js';
import { AUTHENTICATE, authenticateHandler } from '../sasl/authenticate.js';
import { ChannelRegistry, isUuid } from '../sasl/channel-registry.js';
import type { NetLog } from './log.js';
import { RefusedCall } from './refused-call.js';
import { requestHead } from './request-head.js';
import type { ServiceLookup } from './request-head.js';
import { trailersOnly } from './response-blocks.js';
import type { CallHead, CallHost } from './server-call.js';
import { StreamCall } from './stream-call.js';
import { UnaryCall } from './unary-call.js';

/** What the transport needs of its surroundings. */
export interface GrpcDependencies {
  readonly clock: Clock;
  readonly log: NetLog;
  readonly limits: Http2Limits;
  readonly keepalive: KeepaliveOptions;
}

/** How often time is looked after on each connection. */
const SWEEP_MS = 1000;
const DEFAULT_GRACE_MS = 10_000;
const UNAUTHENTICATED = 16;
const UNKNOWN = 2;

/** Where nobody is asked who he is. */
const NOBODY: Caller = { user: '', connectionUser: '' };

/** Answers calls: finds the handler, holds the handshake's channel ids, and ends in good order. */
export class GrpcServer implements RpcServer {
  readonly #dependencies: GrpcDependencies;
  readonly #lookup: ServiceLookup;
  readonly #host: CallHost;
  readonly #registry: ChannelRegistry;
  readonly #authenticates: boolean;
  readonly #connections = new Set<ServerConnection>();
  readonly #budget: MemoryBudget;
  readonly #handshakes = new Map<Http2Connection, Set<StreamCall>>();
  #listener: Listener | undefined;
  #sweeper: Timer | undefined;
  #stopping = false;
  #quiet: (() => void) | undefined;
  #alone: (() => void) | undefined;

  private constructor(table: ServiceTable, options: ServeOptions, dependencies: GrpcDependencies) {
    const { clock, log } = dependencies;
    this.#dependencies = dependencies;
    this.#registry = new ChannelRegistry(clock);
    this.#budget = new MemoryBudget(dependencies.limits.totalKeptBytes, () => this.#endLargest());
    this.#authenticates = options.authenticator.scheme !== 'NOSASL';
    this.#lookup = this.#authenticates ? withHandshake(table, options, this.#registry) : table;
    this.#host = { clock, log, maxInboundMessageBytes: options.maxInboundMessageBytes, broken: (error) => this.#broken(error) };
  }

  /** Rejects with `failedPrecondition` when `address` cannot be listened at. */
  static async start(address: Address, table: ServiceTable, options: ServeOptions, dependencies: GrpcDependencies): Promise<GrpcServer> {
    const server = new GrpcServer(table, options, dependencies);
    const { limits, log } = dependencies;
    server.#listener = await listen(
      address,
      limits.connections,
      (io) => server.#accept(io),
      (error) => log('warn', 'cannot accept a connection', { error: messageOf(error) }),
    );
    server.#sweepLater();
    return server;
  }

  get address(): Address {
    return this.#listener!.address;
  }

  async stop(graceMs = DEFAULT_GRACE_MS): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const closed = this.#listener!.close();
    for (const { http2 } of this.#connections) http2.sendGoaway(MAX_STREAM_ID, ErrorCode.noError, 'server is stopping');
    await this.#callsEnd(graceMs);
    for (const calls of this.#handshakes.values()) for (const call of calls) call.complete();
    for (const { http2 } of this.#connections) http2.close('server stopped');
    const cut = this.#dependencies.clock.schedule(this.#dependencies.limits.closeTimeoutMs, () => {
      for (const { http2 } of this.#connections) http2.destroy('server stopped');
    });
    await closed;
    // The listener is done when it has let go of its sockets, which is before they have told so.
    if (this.#connections.size > 0) await new Promise<void>((resolve) => (this.#alone = resolve));
    cut.cancel();
    this.#sweeper?.cancel();
  }

  #callsEnd(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#dependencies.clock.schedule(graceMs, () => this.#quiet?.());
      this.#quiet = () => {
        timer.cancel();
        this.#quiet = undefined;
        resolve();
      };
      this.#checkQuiet();
    });
  }

  /** Handshake streams live as long as their channels: they do not count as calls in progress. */
  #checkQuiet(): void {
    if (this.#quiet === undefined) return;
    for (const { http2 } of this.#connections) {
      if (http2.streams.size > (this.#handshakes.get(http2)?.size ?? 0)) return;
    }
    this.#quiet();
  }

  #accept(io: ByteConnection): void {
    if (this.#stopping) return io.destroy();
    const connection = new ServerConnection(
      (stream, head) => this.#request(stream, head),
      () => this.#checkQuiet(),
      () => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#alone?.();
      },
      (error) => this.#defect(error, io.peer),
    );
    connection.http2 = new Http2Connection(connection, { role: 'server', io, budget: this.#budget, ...this.#dependencies });
    this.#connections.add(connection);
  }

  #request(stream: Http2Stream, block: HeaderBlock): void {
    const head = requestHead(block, this.#lookup);
    if (head.kind === 'malformed') {
      stream.user = IGNORES;
      stream.reset(ErrorCode.protocolError, head.why);
    } else if (head.kind === 'refused') {
      stream.user = new RefusedCall(stream, head);
    } else {
      this.#call(stream, head);
    }
  }

  #call(stream: Http2Stream, head: CallHead): void {
    // A service that asks for no authentication may still want to know who it is, if he has said so.
    const known = head.channelId === undefined ? undefined : this.#registry.find(head.channelId)?.caller;
    const caller = known ?? (this.#authenticates ? undefined : NOBODY);
    if (head.authenticated && this.#authenticates && caller === undefined) {
      stream.user = new RefusedCall(stream, { answer: unauthenticated(head), contentLength: head.contentLength });
      return;
    }
    if (head.entry.kind === 'unary') {
      stream.user = new UnaryCall(stream, head, caller, this.#host);
      return;
    }
    const call = new StreamCall(stream, head, caller, this.#host);
    stream.user = call;
    if (head.entry.method.path === AUTHENTICATE.path) this.#track(call, stream.connection);
    call.run();
  }

  #track(call: StreamCall, connection: Http2Connection): void {
    let calls = this.#handshakes.get(connection);
    if (calls === undefined) this.#handshakes.set(connection, (calls = new Set()));
    calls.add(call);
    call.whenOver = () => {
      calls.delete(call);
      if (calls.size === 0) this.#handshakes.delete(connection);
    };
  }

  #sweepLater(): void {
    this.#sweeper = this.#dependencies.clock.schedule(SWEEP_MS, () => {
      const nowMs = this.#dependencies.clock.monotonicMs();
      for (const { http2 } of this.#connections) http2.sweep(nowMs);
      this.#registry.sweep(nowMs);
      this.#sweepLater();
    });
  }

  /** Too much is kept for peers that do not read, or do not end what they send: the one with most goes. */
  #endLargest(): void {
    let largest: Http2Connection | undefined;
    for (const { http2 } of this.#connections) {
      if (http2.open && http2.keptBytes > (largest?.keptBytes ?? 0)) largest = http2;
    }
    if (largest === undefined) return;
    this.#host.log('warn', 'connection ended, because the server keeps too much for its peers', {
      peer: largest.peer,
      bytes: largest.keptBytes,
    });
    largest.fail(ErrorCode.enhanceYourCalm, 'too much is kept for this peer');
  }

  #defect(error: unknown, peer: string): void {
    this.#host.log('error', 'connection failed unexpectedly', { peer, error });
    if (error instanceof InvariantError) this.#broken(error);
  }

  #broken(error: InvariantError): void {
    // Out of the call's stack, where nothing catches it.
    this.#dependencies.clock.schedule(0, () => {
      throw error;
    });
  }
}

/** Ties a connection to its server. */
class ServerConnection implements ConnectionUser {
  http2!: Http2Connection;
  readonly request: (stream: Http2Stream, head: HeaderBlock) => void;
  readonly streamEnded: () => void;
  readonly closed: () => void;
  readonly defect: (error: unknown) => void;

  constructor(
    request: (stream: Http2Stream, head: HeaderBlock) => void,
    streamEnded: () => void,
    closed: () => void,
    defect: (error: unknown) => void,
  ) {
    this.request = request;
    this.streamEnded = streamEnded;
    this.closed = closed;
    this.defect = defect;
  }

  opened(): void {}
  goaway(): void {}
}

const IGNORES: StreamUser = { headers() {}, data() {}, ended() {}, reset() {} };

/** The services of `table` and the handshake. */
function withHandshake(table: ServiceTable, options: ServeOptions, registry: ChannelRegistry): ServiceLookup {
  const entry: ServiceEntry = {
    kind: 'stream',
    method: AUTHENTICATE as Method<unknown, unknown>,
    handler: authenticateHandler(options.authenticator, registry) as Extract<ServiceEntry, { kind: 'stream' }>['handler'],
    atOnce: undefined,
  };
  return {
    find: (path) => (path === AUTHENTICATE.path ? entry : table.find(path)),
    authenticationOf: (service) => (service === AUTHENTICATE.service ? 'none' : table.authenticationOf(service)),
  };
}

/** The texts of Alluxio: clients show them, and log in again because of the code. */
function unauthenticated(head: CallHead): Buffer {
  const { channelId } = head;
  const name = head.entry.method.path.slice(1);
  if (channelId === undefined) return trailersOnly({ code: UNAUTHENTICATED, message: `Channel Id is missing for call: ${name}.` });
  if (!isUuid(channelId)) return trailersOnly({ code: UNKNOWN, message: '' });
  return trailersOnly({
    code: UNAUTHENTICATED,
    message: `Channel: ${channelId} is not authenticated for call: ${name}`,
    trailers: ['channel-id', channelId],
  });
}
