import type { CallOptions, Caller, ClientStream } from './call.js';
import type { Method } from './method.js';
import type { ServiceTable } from './service.js';

/**
 * The seam between roles and the network. `net/grpc` implements it with gRPC over TCP; the simulator in memory.
 */
export interface Network {
  /**
   * Serves `table` at `address`. Port 0 picks a free one.
   * The server performs the SASL handshake itself and gives each handler its {@link Caller}.
   */
  serve(address: Address, table: ServiceTable, options: ServeOptions): Promise<RpcServer>;
  /** A channel to `address`. Connects on first use, again after a loss; authenticates as `options.user`. */
  connect(address: Address, options: ConnectOptions): RpcChannel;
}

export interface Address {
  readonly host: string;
  readonly port: number;
  /**
   * A Unix domain socket, which takes the place of host and port. A server makes it for everybody on the machine (mode 0777), in the place
   * of one that nobody listens at any more, and removes it when it stops.
   */
  readonly socketPath?: string;
}

export interface ServeOptions {
  readonly authenticator: Authenticator;
  /** Largest message accepted from a client, bytes. */
  readonly maxInboundMessageBytes: number;
}

/** Decides who a PLAIN handshake makes the caller. Throws `unauthenticated` with the text the client sees. */
export interface Authenticator {
  /** 'NOSASL' serves no authentication at all. */
  readonly scheme: 'SIMPLE' | 'CUSTOM' | 'NOSASL';
  authenticate(plain: { authorizationId: string; authenticationId: string; password: string }): Caller | Promise<Caller>;
}

export interface RpcServer {
  readonly address: Address;
  /** Stops accepting, lets calls in progress end within `graceMs`, then cuts. */
  stop(graceMs?: number): Promise<void>;
}

export interface ConnectOptions {
  /** Undefined: no handshake (only for services without authentication). */
  readonly user?: string;
  /** Who `user` acts for; absent: itself. */
  readonly impersonate?: string;
  readonly password?: string;
  readonly connectTimeoutMs?: number;
  readonly maxInboundMessageBytes?: number;
}

/** Errors of all calls are AlluviumErrors; a broken or refused connection is `unavailable`. */
export interface RpcChannel {
  readonly address: Address;
  unary<Q, R>(method: Method<Q, R>, request: Q, options?: CallOptions): Promise<R>;
  stream<Q, R>(method: Method<Q, R>, options?: CallOptions): ClientStream<Q, R>;
  close(): Promise<void>;
}
