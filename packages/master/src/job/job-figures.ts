import type { alluviumJournal } from '@alluvium/wire';

/** What a job has counted. */
export interface JobFigures {
  /** Files that there was something to do for, begun. */
  files: number;
  /** Bytes loaded, copied, moved or freed. */
  bytes: number;
  /** Bytes that there was something to do for. */
  totalBytes: number;
  /** Blocks, or files where the work is not on blocks, of this pass. */
  blocks: number;
  /** Failed attempts of this pass. */
  failures: number;
  earlierBlocks: number;
  earlierFailures: number;
  /** Files that could not be done. */
  failedFiles: number;
}

export function newFigures(): JobFigures {
  return { files: 0, bytes: 0, totalBytes: 0, blocks: 0, failures: 0, earlierBlocks: 0, earlierFailures: 0, failedFiles: 0 };
}

const NAMES = Object.keys(newFigures()) as (keyof JobFigures)[];

export function figuresMessage(figures: JobFigures): alluviumJournal.JobFigures {
  return Object.fromEntries(NAMES.map((name) => [name, BigInt(Math.round(figures[name]))])) as alluviumJournal.JobFigures;
}

export function figuresFrom(message: alluviumJournal.JobFigures | undefined): JobFigures {
  const figures = newFigures();
  if (message !== undefined) for (const name of NAMES) figures[name] = Number(message[name] ?? 0n);
  return figures;
}

const FAILURES_TOLERATED = 100;
const FAILURE_RATIO_TOLERATED = 0.05;

/** Alluxio's rule: a pass is given up after more than 100 failures that are more than 5 % of its blocks. */
export function isHealthy({ failures, blocks }: JobFigures): boolean {
  return failures <= FAILURES_TOLERATED || failures <= blocks * FAILURE_RATIO_TOLERATED;
}

/** Failed attempts of all passes, in percent of the blocks. */
export function failurePercentage(figures: JobFigures): number {
  const blocks = figures.blocks + figures.earlierBlocks;
  return blocks === 0 ? 0 : ((figures.failures + figures.earlierFailures) / blocks) * 100;
}
