// Keeps the cache of statuses right: it is used only while the master's stream of changes is heard, and forgets what changes.
import { sleep } from '@alluvium/base';
import { fileMethods } from '../master/services.js';
import type { ClientContext, Shutdown } from '../operations/context.js';
import type { NamespaceChange } from '../watch/changes.js';
import { watchOnce } from '../watch/watch.js';
import type { MetadataCache } from './metadata-cache.js';

const REPEAT_MS = 1000;

/** Follows the changes of the whole namespace until shut down. Against a master without such a stream the cache stays empty. */
export function keepRight(context: ClientContext, cache: MetadataCache): Shutdown {
  const stop = new AbortController();
  const running = follow(context, cache, stop.signal);
  return {
    shutdown(): Promise<void> {
      stop.abort();
      return running;
    },
  };
}

async function follow(context: ClientContext, cache: MetadataCache, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { changes } of watchOnce(context, '/', { signal }, undefined)) {
        for (const change of changes) forget(cache, change);
        cache.resume();
      }
    } catch {
      // However it ended: nothing is heard now.
    }
    cache.suspend();
    await sleep(context.clock, REPEAT_MS, signal).catch(() => undefined);
  }
}

function forget(cache: MetadataCache, { path, oldPath, kind, folder }: NamespaceChange): void {
  const below = folder && kind !== 'CREATED' && kind !== 'CHANGED';
  cache.forget(path, below);
  if (oldPath !== undefined) cache.forget(oldPath, below);
}

const READING: ReadonlySet<string> = new Set(
  [fileMethods.getStatus, fileMethods.exists, fileMethods.listStatus, fileMethods.checkAccess, fileMethods.getMountTable].map(
    ({ path }) => path,
  ),
);

/** What this client itself has just asked for may have changed; it is to see that at once. */
export function forgetOwnChange(cache: MetadataCache, method: { readonly path: string; readonly service: string }, request: object): void {
  if (method.service !== fileMethods.getStatus.service || READING.has(method.path)) return;
  for (const field of ['path', 'dstPath'] as const) {
    const path: unknown = field in request ? request[field as keyof typeof request] : undefined;
    if (typeof path === 'string') cache.forget(path, true);
  }
}
