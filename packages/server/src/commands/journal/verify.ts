// `alluvium journal verify`: is every file whole, would a master start, and what is to be done when not.
import { setImmediate as turn } from 'node:timers/promises';
import { messageOf } from '@alluvium/base';
import {
  fileBytes,
  history,
  stateHash,
  verifyJournal,
  listJournal,
  operationsText,
  readCheckpoint,
  type FileReport,
  type JournalReport,
} from '@alluvium/journal';
import { OfflineState, type StateFigures } from '@alluvium/master';
import type { Disk } from '@alluvium/platform';
import { journal } from '@alluvium/wire';
import type { JournalPlace } from './journal-place.js';
import { JournalProgress, type JournalTerminal } from './progress.js';

export interface VerifyOptions {
  readonly replay: boolean;
  readonly json: boolean;
}

interface Replayed extends StateFigures {
  readonly hash: string;
  readonly problems: readonly string[];
}

const MAX_PROBLEMS = 100;
/** Entries applied between two turns of the event loop, in which Ctrl-C is heard. */
const SLICE = 10_000;

/** Answers the exit code: 0 when all is well, 1 when something is damaged. */
export async function verify(disk: Disk, place: JournalPlace, options: VerifyOptions, terminal: JournalTerminal): Promise<number> {
  const progress = new JournalProgress(terminal);
  const report = await verifyJournal(disk, place.directory, (file) => progress.begin(file));
  const replayed = options.replay && report.starts ? await replay(disk, report, progress) : undefined;
  const good = !report.damaged && report.starts && (replayed?.problems.length ?? 0) === 0;
  if (options.json)
    await terminal.print(`${JSON.stringify({ ...report, ...(replayed && { replay: replayed }), holder: place.holder }, undefined, 2)}\n`);
  else await terminal.print(`${textOf(report, replayed, place, options).join('\n')}\n`);
  return good ? 0 : 1;
}

async function replay(disk: Disk, report: JournalReport, progress: JournalProgress): Promise<Replayed> {
  const state = new OfflineState();
  const files = await listJournal(disk, report.directory);
  const problems: string[] = [];
  let at = 'the checkpoint';
  let applied = 0;
  try {
    const base = files.checkpoints.find(({ sequence }) => sequence === report.checkpointSequence && report.checkpointSequence > 0);
    if (base !== undefined) {
      progress.begin(base.path);
      for await (const entries of readCheckpoint(fileBytes(disk, base.path), base.path))
        for (const entry of entries) {
          state.apply(entry);
          progress.step();
        }
    }
    for await (const part of history(disk, files, report.checkpointSequence)) {
      if (part.kind === 'segment') progress.begin(part.file.path);
      if (part.kind !== 'operation') continue;
      at = `operation ${part.sequence}`;
      for (const entry of journal.JournalEntry.decode(part.payload).journalEntries ?? []) state.apply(entry, part.sequence);
      progress.step();
      if (++applied % SLICE === 0) await turn();
    }
    at = 'the invariants';
    for (const problem of state.problems()) {
      progress.step();
      if (problems.length === MAX_PROBLEMS) {
        problems.push('... and more');
        break;
      }
      problems.push(problem);
    }
  } catch (error) {
    problems.push(`${at}: ${messageOf(error)}`);
  }
  return { ...state.figures(), hash: stateHash(state.snapshot()), problems };
}

function textOf(report: JournalReport, replayed: Replayed | undefined, place: JournalPlace, options: VerifyOptions): string[] {
  const lines = report.files.flatMap(fileLines);
  lines.push('');
  if (place.holder !== undefined)
    lines.push(
      `Process ${place.holder} serves from this journal: its last operations may be missing above, and a torn tail is one being written.`,
    );
  lines.push(
    `${report.directory}: epoch ${report.epoch}, checkpoint of operation ${report.checkpointSequence}, last operation ${report.lastSequence}`,
  );
  for (const { from, to } of report.lost) lines.push(`${operationsText(from, to).replace('o', 'O')} lost.`);
  if (replayed !== undefined) {
    const { inodes, blocks, mounts, clusterId, hash, problems } = replayed;
    lines.push(`Replayed: ${inodes} inodes, ${blocks} blocks, ${mounts} mounts, cluster ${clusterId ?? 'without id'}, state ${hash}`);
    for (const problem of problems) lines.push(`  ${problem}`);
    if (problems.length > 0) lines.push('What does not hold above is repaired by `alluvium fsadmin doctor` while the master runs.');
  } else if (options.replay) lines.push('Not replayed: the history has a hole.');
  lines.push(...outcome(report, replayed));
  return lines;
}

function outcome({ starts, damaged, directory }: JournalReport, replayed: Replayed | undefined): string[] {
  if (!starts)
    return [
      'DAMAGED: a master does not start from this. Restore the damaged files from a copy; without one:',
      `  alluvium journal salvage ${directory} NEW_DIRECTORY                  what is whole up to the damage`,
      `  alluvium journal salvage ${directory} NEW_DIRECTORY --skip-damaged   and what can be kept of what came after it`,
    ];
  if (damaged)
    return ['A master starts from this and has everything, but a file that it could fall back on is DAMAGED: take a backup soon.'];
  return [(replayed?.problems.length ?? 0) > 0 ? 'Every file is whole.' : 'All is well.'];
}

const VERDICTS: Readonly<Record<FileReport['verdict'], string>> = {
  ok: 'ok',
  torn: 'torn tail',
  damaged: 'DAMAGED',
  leftover: 'left over',
  other: 'unknown',
};

function fileLines({ file, verdict, offset, detail, advice }: FileReport): string[] {
  const at = offset === undefined ? '' : ` at byte ${offset}`;
  return [`${file}: ${VERDICTS[verdict]}${at}: ${detail}`, ...(advice === undefined ? [] : [`  ${advice}`])];
}
