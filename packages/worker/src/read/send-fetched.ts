// A read of a block that is not whole in the cache: pages that are here, pages that are fetched for it, and bytes that are passed on.
import { fail } from '@alluvium/base';
import type { Guess } from '../partial/access-pattern.js';
import type { FileVersion } from '../partial/file-versions.js';
import { FileReplaced, type PageReader } from '../partial/page-reader.js';
import { pageAt } from '../partial/page-map.js';
import { PAGE_BYTES } from '../store/pages.js';
import type { UfsBlock } from '../under/ufs-block.js';
import type { ChunkSender } from './chunk-sender.js';
import { Pace } from './pace.js';
import type { ReadDependencies } from './read-block.js';
import { sendUncached } from './send-uncached.js';

export interface FetchedRead {
  readonly block: UfsBlock;
  readonly from: number;
  readonly end: number;
  /** Keeps nothing. */
  readonly noCache: boolean;
  /** The client wants just this range. */
  readonly positionShort: boolean;
}

/** Fewer bytes make a message and a wake-up of the reader each, unless the read is at its beginning. */
const BATCH_BYTES = 256 << 10;
/** A range no longer than this is fetched by itself when it is the first of its pages that anybody wants. */
const SMALL_BYTES = 16 << 10;
/** Past this a read that keeps nothing takes the rest in one request. */
const LONG_BYTES = 8 << 20;
const MAX_RESTARTS = 3;

/**
 * Sends `[from, end)`, fewer bytes where the file ends, all of one version of the file. False, before the first byte, when the block may
 * have become whole meanwhile. A file that is replaced meanwhile is read from the start again, or, when bytes of the old one were sent,
 * not at all.
 */
export async function sendFetched(d: ReadDependencies, out: ChunkSender, read: FetchedRead): Promise<boolean> {
  const { block } = read;
  const begun = out.sent;
  const version: SentVersion = { tag: undefined };
  let noCache = read.noCache;
  for (let restarts = 0; ; restarts++) {
    try {
      if (await send(d, out, { ...read, from: read.from + out.sent - begun, noCache }, version)) return true;
      if (out.sent === 0) return false;
      // Pages that go while they are read are not worth a second try.
      noCache ||= restarts > 0;
    } catch (error) {
      if (!(error instanceof FileReplaced)) throw error;
      d.fetches.replaced(block);
      out.tally.cause = 'replaced';
      if (out.sent > 0) throw readAgain(block, 'was replaced in its store meanwhile');
      version.tag = undefined;
    }
    if (restarts >= MAX_RESTARTS) throw readAgain(block, 'does not stay as it is');
  }
}

function readAgain({ id, ufsPath }: UfsBlock, what: string): Error {
  return fail('unavailable', `Cannot read block ${id}: "${ufsPath}" ${what}; read it again`);
}

/** Of which bytes are sent. */
interface SentVersion {
  tag: string | undefined;
}

async function send(d: ReadDependencies, out: ChunkSender, read: FetchedRead, sent: SentVersion): Promise<boolean> {
  const { block, from } = read;
  if (from >= read.end) return true;
  const isStream = read.end === block.length && !read.positionShort;
  const guess = isStream ? undefined : d.fetches.patterns.range(block, from, read.end - from);
  const kept = await d.fetches.readerOfKept(block);
  if (kept?.covers(from, read.end) === true && isSame(sent, kept.partial.version))
    return sendPages(d, out, { ...read, guess, reader: kept });
  kept?.leave();
  const version = await d.fetches.version(block);
  if (!isSame(sent, version.tag)) throw new FileReplaced();
  const end = Math.min(read.end, version.length - block.offsetInFile);
  if (end <= from) return true;
  const reader = read.noCache || isPassing(d, read, guess) ? undefined : await d.fetches.reader(block, version);
  if (reader !== undefined) return sendPages(d, out, { ...read, guess, reader });
  if (read.noCache) out.tally.cause = 'noCache';
  await sendStraight(d, out, { ...read, end, guess }, version);
  return true;
}

/** Whether bytes of that version may follow those that are sent. From now on no others may. */
function isSame(sent: SentVersion, tag: string | undefined): boolean {
  sent.tag ??= tag;
  return sent.tag === tag;
}

interface PagesRead extends FetchedRead {
  /** Undefined for a read that goes on for as long as its client likes. */
  readonly guess: Guess | undefined;
  readonly reader: PageReader;
}

async function sendPages(d: ReadDependencies, out: ChunkSender, read: PagesRead): Promise<boolean> {
  const { block, from, end, guess, reader } = read;
  const begun = out.sent;
  const run = guess === undefined ? d.fetches.patterns.stream(block, from) : undefined;
  const pace = run && new Pace({ clock: d.clock, out, run, from, end, offsetInFile: block.offsetInFile });
  const version: FileVersion = { tag: reader.partial.version, length: block.offsetInFile + block.length };
  let position = from;
  let hasLeft = false;
  const leave = (): void => {
    if (!hasLeft) run?.ended(block.offsetInFile + (position < block.length ? pace!.taken(position) : position), position < block.length);
    hasLeft = true;
  };
  if (reader.partial.map.missing < reader.partial.map.count) out.tally.cause = 'partial';
  out.tally.cacheBytes += reader.partial.map.presentBetween(from, end);
  try {
    for (; position < end && !out.hasEnded; position = from + out.sent - begun) {
      const { send: limit, fetch, ahead } = (await pace?.limits(position)) ?? { send: end, fetch: end, ahead: undefined };
      if (limit <= position) break;
      const most = ahead === undefined ? out.chunkBytes : Math.min(out.chunkBytes, Math.max(PAGE_BYTES, ahead >> 2));
      if (ahead !== undefined) reader.ahead(position, fetch, ahead >> 1);
      const piece = await reader.next({
        position,
        to: limit,
        fetchTo: fetch,
        enough: Math.min(most, ahead === undefined ? BATCH_BYTES : ahead >> 4),
        most,
      });
      if (piece.kind === 'replaced') throw new FileReplaced();
      if (piece.kind === 'gone') return false;
      if (piece.kind === 'noRoom') out.tally.cause = 'noRoom';
      if (piece.kind === 'noRoom') await sendUncached(d, out, { block, from: position, end: limit }, version);
      else if (piece.kind === 'fetched') await out.sendParts(piece.parts, piece.length);
      else {
        d.counters.bytesReadFromCache += piece.window.bytes.length;
        await out.sendWindow(piece.window);
      }
    }
    if (guess !== undefined && !out.hasEnded) fetchAhead(reader, read, guess);
    leave();
    // What is asked next finds the block cached, and the master knows it.
    if (position === block.length && !out.hasEnded) await d.fetches.settled(reader.partial);
    return true;
  } finally {
    leave();
    reader.leave();
  }
}

function fetchAhead(reader: PageReader, { block, from, end }: PagesRead, { aheadBytes, next }: Guess): void {
  const ranges = next.map((offset) => [offset - block.offsetInFile, offset - block.offsetInFile + end - from] as const);
  if (aheadBytes > 0) ranges.push([end, end + aheadBytes]);
  for (const [start, stop] of ranges) {
    if (start >= block.length) continue;
    reader.ahead(start, stop, aheadBytes >> 1);
  }
  // Whole pages are kept, also of those that were asked for in part.
  reader.leaveBehind();
}

/** Whether a read most likely has no second one of its pages: the first of a few bytes somewhere. */
function isPassing(d: ReadDependencies, { block, from, end }: FetchedRead, guess: Guess | undefined): boolean {
  if (guess === undefined || guess.kind === 'sequential' || end - from > SMALL_BYTES) return false;
  let isKnown = true;
  for (let page = pageAt(from); page * PAGE_BYTES < end; page++) isKnown = d.fetches.touched.touch(block.id, page) && isKnown;
  return !isKnown;
}

/** Past the cache. A stream is taken in steps until it is clear that it goes on. */
async function sendStraight(
  d: ReadDependencies,
  out: ChunkSender,
  { block, from, end, guess }: Omit<PagesRead, 'reader'>,
  version: FileVersion,
): Promise<void> {
  if (guess !== undefined) return sendUncached(d, out, { block, from, end }, version);
  const run = d.fetches.patterns.stream(block, from);
  const pace = new Pace({ clock: d.clock, out, run, from, end, offsetInFile: block.offsetInFile });
  const begun = out.sent;
  let position = from;
  try {
    while (position < end && !out.hasEnded) {
      const limit = position - from >= LONG_BYTES ? end : (await pace.limits(position)).fetch;
      if (limit <= position) break;
      const before = out.sent;
      await sendUncached(d, out, { block, from: position, end: limit }, version);
      if (out.sent === before) break;
      position = from + out.sent - begun;
    }
  } finally {
    run.ended(block.offsetInFile + (position < block.length ? pace.taken(position) : position), position < block.length);
  }
}
