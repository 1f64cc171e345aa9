// Bits that flip in files at rest, and what has to come of it: the journal's middle is noticed with its place, a checkpoint is passed
// over, a page of a block reaches no reader.
import { kindOf, messageOf } from '@alluvium/base';
import { batchStartAt, checkRecord, HEADER_BYTES, sequenceAt } from '@alluvium/journal/record.js';
import type { SeededRandom, SimCluster } from '@alluvium/testkit';
import { journalFiles, replay, type JournalFiles } from './replay.js';
import { violated } from './world.js';

export interface Flip {
  readonly path: string;
  readonly bit: number;
}

/** A flip in the journal that has to be noticed or do no harm; undefined where there is none to be found. */
export function journalFlip(files: JournalFiles, random: SeededRandom): Flip | undefined {
  const segments = [...files.keys()].filter((path) => path.endsWith('.seg')).sort();
  const checkpoints = [...files.keys()].filter((path) => path.endsWith('.ckp')).sort();
  // The last of several: without it the one before and the log must do.
  const spare = checkpoints.length > 1 ? checkpoints.slice(-1) : [];
  const path = random.pick([...segments, ...segments, ...spare]);
  if (path === undefined) return undefined;
  const bytes = files.get(path)!;
  // The last batch may be torn, and then it is not missed: what is there of it after a crash is nobody's promise.
  const length = path === newest(segments) ? lastBatchOf(bytes) : bytes.length;
  return length === 0 ? undefined : { path, bit: random.below(8 * length) };
}

/** By epoch, then by sequence, as a start reads them. */
export function newest(paths: readonly string[]): string | undefined {
  return paths.toSorted((a, b) => (epochIn(a) + a < epochIn(b) + b ? -1 : 1)).at(-1);
}

function epochIn(path: string): string {
  return /-([0-9a-f]{16})\./.exec(path)?.[1] ?? '';
}

/** Where the last batch begins; 0 when it is the only one, or there is none. */
function lastBatchOf(bytes: Buffer): number {
  const starts: { readonly sequence: number; readonly at: number; readonly batch: number }[] = [];
  for (let at = HEADER_BYTES; ;) {
    const length = checkRecord(bytes, at);
    if (length === undefined) break;
    starts.push({ sequence: sequenceAt(bytes, at), at, batch: batchStartAt(bytes, at) });
    at += length;
  }
  const batch = starts.at(-1)?.batch;
  const first = starts.find(({ sequence }) => sequence === batch);
  return first === undefined || first === starts[0] ? 0 : first.at;
}

/** What a start makes of a journal with the flip: the same state, or a refusal that says where. Answers the refusal. */
export async function startWith(cluster: SimCluster, clean: JournalFiles, { path, bit }: Flip): Promise<string | undefined> {
  const whole = await replay(cluster, clean);
  const flipped = new Map([...clean].map(([at, bytes]) => [at, Buffer.from(bytes)]));
  flipped.get(path)![bit >> 3]! ^= 1 << (bit & 7);
  try {
    const { hash, sequence } = await replay(cluster, flipped);
    if (hash !== whole.hash || sequence !== whole.sequence)
      violated(`with byte ${bit >> 3} of ${path} changed, a start makes another state of ${sequence} operations from ${whole.sequence}`);
    return undefined;
  } catch (error) {
    const kind = kindOf(error);
    const message = messageOf(error);
    if (kind !== 'dataLoss' && kind !== 'failedPrecondition') throw error;
    if (kind === 'dataLoss' && !/ at byte \d+: .*(Restore|copy)/s.test(message))
      violated(`with byte ${bit >> 3} of ${path} changed, a start refuses and does not say where: ${message}`);
    return message;
  }
}

/** Some flips tried out on copies of what lies on the disk of the master now. */
export async function tryFlips(cluster: SimCluster, random: SeededRandom, count: number): Promise<void> {
  const clean = journalFiles(cluster.master);
  for (let i = 0; i < count; i++) {
    const flip = journalFlip(clean, random);
    if (flip !== undefined) await startWith(cluster, clean, flip);
  }
}
