// What to do about the copies of one block: a pure function of what is wanted and what is there at this moment.
import type { WorkerId } from '@alluvium/base';
import type { Demand } from './demand.js';

export interface Copy {
  readonly worker: WorkerId;
  readonly medium: string;
  /** On a worker that is being drained: good to copy from, soon gone. */
  readonly isLeaving: boolean;
}

export interface Candidate {
  readonly worker: WorkerId;
  readonly freeBytes: number;
  readonly capacityBytes: number;
  /** What it can keep blocks on. */
  readonly media: readonly string[];
  /** It takes no further order now. */
  readonly isBusy: boolean;
}

export interface BlockFacts {
  readonly length: number;
  readonly copies: readonly Copy[];
  /** Workers that a copy is on its way to. */
  readonly coming: ReadonlySet<WorkerId>;
  /** Workers where the copy is on its way to another medium. */
  readonly moving: ReadonlySet<WorkerId>;
}

export type Step =
  | { readonly kind: 'copy'; readonly to: WorkerId; readonly medium: string }
  | { readonly kind: 'move'; readonly at: WorkerId; readonly medium: string }
  | { readonly kind: 'free'; readonly at: WorkerId };

export interface Verdict {
  readonly steps: readonly Step[];
  /** Copies that are wanted and that no worker can take. */
  readonly lacking: number;
}

const NOTHING: Verdict = { steps: [], lacking: 0 };

/** Whether the bytes are nowhere: no order brings them back. */
export function isLost(demand: Demand, { copies }: Pick<BlockFacts, 'copies'>): boolean {
  return copies.length === 0 && !demand.isStored;
}

/** Without a look at the workers: false when there is nothing to do about the block. */
export function mayNeedWork(demand: Demand, facts: BlockFacts): boolean {
  if (isLost(demand, facts)) return false;
  const staying = facts.copies.filter((copy) => !copy.isLeaving);
  if (staying.length + facts.coming.size < demand.min || staying.length > demand.max) return true;
  return demand.media.length > 0 && staying.filter((copy) => isWell(demand, copy)).length + facts.moving.size < wellWanted(demand);
}

/**
 * The steps for one block. A copy is freed only where that leaves the copies wanted, counting none that is not there yet, so the
 * caller takes a fresh look right before.
 */
export function planBlock(demand: Demand, facts: BlockFacts, candidates: readonly Candidate[]): Verdict {
  if (!mayNeedWork(demand, facts)) return NOTHING;
  const staying = facts.copies.filter((copy) => !copy.isLeaving);
  const missing = demand.min - staying.length - facts.coming.size;
  if (missing > 0) return planCopies(demand, facts, candidates, missing);
  if (facts.coming.size > 0) return NOTHING;
  if (staying.length > demand.max) return { steps: planFrees(demand, staying, candidates), lacking: 0 };
  return planMoves(demand, facts, staying, candidates);
}

function wellWanted(demand: Demand): number {
  return Math.max(1, demand.min);
}

function isWell(demand: Demand, copy: Copy): boolean {
  return demand.media.length === 0 || demand.media.includes(copy.medium);
}

function planCopies(demand: Demand, facts: BlockFacts, candidates: readonly Candidate[], wanted: number): Verdict {
  const taken = new Set([...facts.copies.map((copy) => copy.worker), ...facts.coming]);
  const able = candidates.filter((candidate) => !taken.has(candidate.worker) && candidate.capacityBytes >= facts.length);
  const steps = bestFirst(able, demand.media)
    .slice(0, wanted)
    .map((candidate): Step => ({ kind: 'copy', to: candidate.worker, medium: mediumAt(candidate, demand.media) ?? '' }));
  return { steps, lacking: wanted - steps.length };
}

function planFrees(demand: Demand, staying: readonly Copy[], candidates: readonly Candidate[]): Step[] {
  const freeAt = new Map(candidates.map(({ worker, freeBytes }) => [worker, freeBytes]));
  const worst = staying.toSorted(
    (a, b) => Number(isWell(demand, a)) - Number(isWell(demand, b)) || (freeAt.get(a.worker) ?? 0) - (freeAt.get(b.worker) ?? 0),
  );
  return worst.slice(0, staying.length - demand.max).map((copy) => ({ kind: 'free', at: copy.worker }));
}

/** Within their workers where those have the medium, else by a copy where it is. */
function planMoves(demand: Demand, facts: BlockFacts, staying: readonly Copy[], candidates: readonly Candidate[]): Verdict {
  const well = staying.filter((copy) => isWell(demand, copy)).length;
  let wanted = wellWanted(demand) - well - facts.moving.size;
  const steps: Step[] = [];
  for (const copy of staying) {
    if (wanted <= 0) break;
    if (isWell(demand, copy) || facts.moving.has(copy.worker)) continue;
    const at = candidates.find(({ worker }) => worker === copy.worker);
    const medium = at === undefined ? undefined : mediumAt(at, demand.media);
    if (medium === undefined) continue;
    steps.push({ kind: 'move', at: copy.worker, medium });
    wanted--;
  }
  // A medium is a wish: a copy that came to rest elsewhere is not followed by ever more.
  if (wanted <= 0 || staying.length > wellWanted(demand)) return { steps, lacking: Math.max(0, wanted) };
  const having = candidates.filter((candidate) => mediumAt(candidate, demand.media) !== undefined);
  const copies = planCopies(demand, facts, having, wanted);
  return { steps: [...steps, ...copies.steps], lacking: copies.lacking };
}

function mediumAt(candidate: Candidate, media: readonly string[]): string | undefined {
  return media.find((medium) => candidate.media.includes(medium));
}

function bestFirst(candidates: readonly Candidate[], media: readonly string[]): Candidate[] {
  const suits = (candidate: Candidate): number => (media.length === 0 || mediumAt(candidate, media) !== undefined ? 0 : 1);
  return candidates.toSorted((a, b) => Number(a.isBusy) - Number(b.isBusy) || suits(a) - suits(b) || b.freeBytes - a.freeBytes);
}
