import { kindOf, normalPath } from '@alluvium/base';
import { namespaceService as ns } from '@alluvium/wire';
import { inTime, throwIfAborted } from '../abort.js';
import { namespaceMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { ChangeKind, NamespaceChange, WatchOptions, WatchUpdate } from './changes.js';

/** A master says something every ten seconds; one that has been silent for so long is gone. */
const SILENCE_MS = 35_000;

/**
 * Follows the changes at or below a path until the caller stops. A connection that breaks is made anew and goes on where it was;
 * the first update comes when the master watches.
 */
export async function* watch(context: ClientContext, path: string, options: WatchOptions = {}): AsyncGenerator<WatchUpdate, void, void> {
  let after = options.afterSequence;
  let connectedBefore = false;
  for (;;) {
    try {
      for await (const update of watchOnce(context, path, options, after)) {
        connectedBefore = true;
        after = update.sequence;
        yield update;
      }
    } catch (error) {
      throwIfAborted(options.signal);
      if (kindOf(error) === 'outOfRange' && connectedBefore) {
        const lost = after ?? 0n;
        after = undefined;
        yield { changes: [], sequence: lost, missed: true };
      } else if (!BROKEN.has(kindOf(error)) || !connectedBefore) throw error;
    }
  }
}

/** How a connection breaks; the master channel waits and tries again when the next one begins. */
const BROKEN: ReadonlySet<string> = new Set(['unavailable', 'cancelled', 'deadlineExceeded']);

/** The same over one connection: ends with the error that ends the call. The first update comes at once. */
export async function* watchOnce(
  { master, clock }: ClientContext,
  path: string,
  { recursive = true, signal }: WatchOptions,
  after: bigint | undefined,
): AsyncGenerator<WatchUpdate, void, void> {
  const request: ns.WatchRequest = { path: normalPath(path), recursive, ...(after === undefined ? {} : { afterSequence: after }) };
  const { first, rest } = await master.stream(namespaceMethods.watch, request, signal);
  try {
    let reply = first;
    while (reply !== undefined) {
      yield updateOf(reply);
      reply = await inTime(rest.read(), clock, SILENCE_MS, () => `Cannot go on watching "${path}"`);
    }
  } finally {
    rest.cancel();
  }
}

function updateOf(reply: ns.WatchReply): WatchUpdate {
  return { changes: (reply.events ?? []).map(changeOf), sequence: reply.sequence ?? 0n, missed: false };
}

const KINDS = new Map<number, ChangeKind>(Object.entries(ns.NamespaceEventKind).map(([name, value]) => [value, name as ChangeKind]));

function changeOf(event: ns.NamespaceEvent): NamespaceChange {
  return {
    sequence: event.sequence ?? 0n,
    kind: KINDS.get(event.kind ?? 0) ?? 'CHANGED',
    path: event.path ?? '',
    ...(event.oldPath === undefined ? {} : { oldPath: event.oldPath }),
    fileId: event.inodeId ?? 0n,
    folder: event.directory ?? false,
    timeMs: event.timeMs ?? 0n,
  };
}
