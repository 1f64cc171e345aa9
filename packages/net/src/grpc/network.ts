import type { Clock, Random } from '@alluvium/base';
import type { KeepaliveOptions } from '../http2/keepalive.js';
import { DEFAULT_LIMITS } from '../http2/limits.js';
import type { Http2Limits } from '../http2/limits.js';
import type { Network } from '../rpc/network.js';
import { GrpcChannel } from './channel.js';
import type { NetLog } from './log.js';
import { GrpcServer } from './server.js';

export interface GrpcNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: NetLog;
  /** Limits that differ from {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<Http2Limits>;
  readonly keepalive?: KeepaliveOptions;
}

/** As Alluxio's workers have it; a Java client answers a ping at any time. */
const DEFAULT_KEEPALIVE: KeepaliveOptions = { intervalMs: 30_000, timeoutMs: 30_000 };

/** gRPC over HTTP/2 over TCP, without TLS. */
export function grpcNetwork(options: GrpcNetworkOptions): Network {
  const dependencies = {
    clock: options.clock,
    log: options.log ?? ((): void => {}),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    keepalive: options.keepalive ?? DEFAULT_KEEPALIVE,
  };
  return {
    serve: (address, table, serveOptions) => GrpcServer.start(address, table, serveOptions, dependencies),
    connect: (address, connectOptions) => new GrpcChannel(address, connectOptions, { ...dependencies, random: options.random }),
  };
}
