import { fail } from '@alluvium/base';
import type { DoctorFinding, FileSystem, TaskReport } from '@alluvium/client';
import { followTask } from '../follow-task.js';
import { formatTable } from '../output/table.js';
import type { Session } from '../session.js';

export interface ExaminationOptions {
  readonly repair?: boolean;
  readonly rate?: number;
}

/** One rule: how often it was looked at, found broken, and mended. */
interface RuleFigures {
  readonly kind: string;
  readonly checked: bigint;
  readonly found: bigint;
  readonly repaired: bigint;
}

/** What an examination of the namespace came to. */
export interface NamespaceReport {
  readonly repair: boolean;
  /** Inodes and blocks. */
  readonly examined: bigint;
  readonly durationMs: bigint;
  readonly rules: readonly RuleFigures[];
  /** As many as the master keeps. */
  readonly findings: readonly DoctorFinding[];
  readonly total: bigint;
  /** What was changing all the time: another run may tell. */
  readonly unclear: bigint;
  readonly error: string | undefined;
}

/** Findings that are printed; JSON has all that are kept. */
const MOST_PRINTED = 100;

/** Examines, and shows how far that is. */
export async function examine(
  session: Session,
  fileSystem: FileSystem,
  { repair = false, rate }: ExaminationOptions,
): Promise<NamespaceReport> {
  const { admin } = fileSystem;
  const taskId = await admin.doctor({ repair, ...(rate !== undefined && { checksPerSecond: rate }), signal: session.signal });
  const { task } = await followTask(session, fileSystem, taskId, 'entries');
  if (task.state !== 'SUCCEEDED') throw fail(task.state === 'CANCELLED' ? 'cancelled' : 'unknown', task.error ?? 'The examination failed');
  const findings: DoctorFinding[] = [];
  for (;;) {
    const { findings: more, total } = await admin.findings(taskId, { after: findings.length, signal: session.signal });
    findings.push(...more);
    const enough = !session.json && findings.length >= MOST_PRINTED;
    if (more.length === 0 || enough || BigInt(findings.length) >= total) return reportOf(task, repair, findings, total);
  }
}

function reportOf(task: TaskReport, repair: boolean, findings: readonly DoctorFinding[], total: bigint): NamespaceReport {
  const { figures, done, startedMs, endedMs, error } = task;
  const rules = Object.keys(figures)
    .filter((name) => name.endsWith(' checked'))
    .map((name) => {
      const kind = name.slice(0, name.indexOf(' '));
      return { kind, checked: figures[name]!, found: figures[`${kind} found`] ?? 0n, repaired: figures[`${kind} repaired`] ?? 0n };
    });
  const durationMs = (endedMs ?? startedMs) - startedMs;
  return { repair, examined: done, durationMs, rules, findings, total, unclear: figures['unclear'] ?? 0n, error };
}

/** `table`: the figures of all rules, also when nothing is wrong. */
export function namespaceLines(report: NamespaceReport, table: boolean): string[] {
  const { rules, findings, total, examined, unclear, durationMs, error } = report;
  const lines: string[] = [];
  for (const { kind, subject, detail, remedy, repaired } of findings.slice(0, MOST_PRINTED))
    lines.push(`${kind}: ${subject}: ${detail}`, repaired ? '    repaired' : `    remedy: ${remedy}`);
  const more = total - BigInt(Math.min(findings.length, MOST_PRINTED));
  if (more > 0n) lines.push(`and ${more} more findings; --json has those that the master keeps`);
  if (table || total > 0n) {
    const rows = rules.map(({ kind, checked, found, repaired }) => [kind, String(checked), String(found), String(repaired)]);
    lines.push(...formatTable([['Invariant', 'Checked', 'Found', 'Repaired'], ...rows]));
  }
  if (unclear > 0n) lines.push(`${unclear} suspicions about what was being changed are not settled: examine again`);
  if (error !== undefined) lines.push(error);
  const repaired = rules.reduce((sum, rule) => sum + rule.repaired, 0n);
  const seconds = Number(durationMs) / 1000;
  const outcome = total === 0n ? 'healthy' : `damaged: ${total} findings, ${repaired} repaired`;
  return [...lines, `The namespace is ${outcome}; ${examined} inodes and blocks examined in ${seconds} s.`];
}
