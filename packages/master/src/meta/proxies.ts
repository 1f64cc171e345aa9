// Proxies in front of the cluster: who they are and whether they are still there. MetaMasterProxyService of Alluxio 2.9.4.
import { fail, type Clock } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { metaMaster } from '@alluvium/wire';

const methods = methodsOf(metaMaster.MetaMasterProxyServiceDefinition);

/** Silence after which a proxy is lost, and how much longer it is remembered: Alluxio's defaults. */
const TIMEOUT_MS = 5 * 60_000;
const FORGET_MS = 30 * 60_000;
const MAX_PROXIES = 10_000;

interface Proxy {
  readonly options: metaMaster.ProxyHeartbeatPOptions;
  readonly wallMs: number;
  readonly seenMs: number;
}

export class Proxies {
  readonly #clock: Clock;
  readonly #known = new Map<string, Proxy>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  register(table: ServiceTable): void {
    table.unary(methods.proxyHeartbeat, (request) => {
      this.#heard(request.options ?? {});
      return {};
    });
  }

  list(): metaMaster.ProxyStatus[] {
    this.#forget();
    const nowMs = this.#clock.monotonicMs();
    return [...this.#known.values()].map(({ options, wallMs, seenMs }) => ({
      address: options.proxyAddress,
      state: nowMs - seenMs > TIMEOUT_MS ? 'LOST' : 'ACTIVE',
      startTime: options.startTime,
      lastHeartbeatTime: BigInt(Math.round(wallMs)),
      version: options.version,
    }));
  }

  #heard(options: metaMaster.ProxyHeartbeatPOptions): void {
    const { host, rpcPort } = options.proxyAddress ?? {};
    if (host === undefined || host === '') throw fail('invalidArgument', 'Cannot note a proxy: proxyAddress is missing');
    this.#forget();
    const key = `${host}:${rpcPort ?? 0}`;
    if (!this.#known.has(key) && this.#known.size >= MAX_PROXIES)
      throw fail('resourceExhausted', `Cannot note proxy ${key}: ${MAX_PROXIES} are known already`);
    this.#known.set(key, { options, wallMs: this.#clock.nowMs(), seenMs: this.#clock.monotonicMs() });
  }

  #forget(): void {
    const oldestMs = this.#clock.monotonicMs() - TIMEOUT_MS - FORGET_MS;
    for (const [key, proxy] of this.#known) if (proxy.seenMs < oldestMs) this.#known.delete(key);
  }
}
