import { Configuration, type Option } from '@alluvium/platform';
import { limitsLayer } from './layers/limits.js';
import { metricsLayer, newUfsMetrics, type UfsMetrics } from './layers/metrics.js';
import { retryLayer } from './layers/retry.js';
import type { RetryOptions } from './layers/retrying.js';
import { LocalStore } from './local/node-local-store.js';
import type { UnderStoreEnvironment, UnderStoreFactory } from './open.js';
import { requestRetries, requestsInFlight, requestTimeout } from './options.js';
import { S3Store } from './s3/s3-store.js';
import { s3Settings } from './s3/s3-settings.js';
import { parseUfsUri } from './uri.js';
import type { UnderStore } from './under-store.js';

/** Calls that wait for a busy store before more are refused. */
const QUEUE = 10_000;

export interface MeteredFactory extends UnderStoreFactory {
  /** By mount URI. */
  readonly metrics: ReadonlyMap<string, UfsMetrics>;
}

/** Opens stores: connector inside, then time-outs and limits, then retries, then counters. */
export function underStoreFactory(environment: UnderStoreEnvironment, configuration: Configuration = new Configuration()): MeteredFactory {
  const metrics = new Map<string, UfsMetrics>();
  return {
    metrics,
    open(uri, properties) {
      const find = <T>(option: Option<T>): T => {
        const text = properties.get(option.name);
        return text === undefined ? configuration.get(option) : option.parse(text);
      };
      const { clock, random } = environment;
      const retry = { clock, random, retries: find(requestRetries) };
      const store = connector(uri, properties, retry, configuration);
      const limited = limitsLayer(store, { clock, timeoutMs: find(requestTimeout), concurrency: find(requestsInFlight), queue: QUEUE });
      const retried = retryLayer(limited, retry);
      let counters = metrics.get(store.uri);
      if (counters === undefined) metrics.set(store.uri, (counters = newUfsMetrics()));
      return metricsLayer(retried, counters);
    },
  };
}

function connector(uri: string, properties: ReadonlyMap<string, string>, retry: RetryOptions, configuration: Configuration): UnderStore {
  const parsed = parseUfsUri(uri);
  switch (parsed.scheme) {
    case 'file':
      return new LocalStore(parsed.text, parsed.path, retry.random);
    case 's3':
      return new S3Store(parsed.text, { bucket: parsed.bucket, prefix: parsed.prefix }, s3Settings(properties, configuration), retry);
  }
}
