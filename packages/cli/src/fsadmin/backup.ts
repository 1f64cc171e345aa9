import { fail, sleep } from '@alluvium/base';
import type { BackupProgress, ClusterAdmin } from '@alluvium/client';
import { formatSize } from '../output/size.js';
import { formatTable } from '../output/table.js';
import { formatTime } from '../output/time.js';
import { Progress } from '../output/progress.js';
import type { Session } from '../session.js';

export interface BackupCommandOptions {
  readonly local?: boolean;
  readonly async?: boolean;
}

const FIRST_POLL_MS = 50;
const MAX_POLL_MS = 1000;

export async function backup(session: Session, [directory]: readonly [string?], options: BackupCommandOptions): Promise<void> {
  const { admin } = await session.fileSystem();
  const started = await admin.backup({
    ...(directory !== undefined && { directory }),
    local: options.local === true,
    signal: session.signal,
  });
  if (options.async === true) return session.json ? session.printJson(started) : session.print(started.backupId);
  const done = await ended(session, admin, started);
  if (session.json) return session.printJson(done);
  await session.print(`Backup Host        : ${done.host ?? ''}`);
  await session.print(`Backup URI         : ${done.uri ?? ''}`);
  await session.print(`Backup Entry Count : ${done.entries}`);
}

/** Waits for the end of a backup, which goes on when this command is ended. */
async function ended(session: Session, admin: ClusterAdmin, started: BackupProgress): Promise<BackupProgress> {
  const { clock, stderr } = session.context;
  const { backupId } = started;
  const progress = new Progress(stderr, clock, 'entries');
  let shown = 0;
  try {
    return await session.withProgress(progress, async () => {
      let now = started;
      for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, MAX_POLL_MS)) {
        progress.add(Number(now.entries) - shown);
        shown = Number(now.entries);
        if (now.state === 'Completed') return now;
        if (now.state === 'Failed') throw fail('unknown', await reasonOf(admin, backupId));
        if (now.state === 'None') throw fail('unknown', `The backup ${backupId} is lost: the master was started again`);
        await sleep(clock, pollMs, session.signal);
        now = await admin.backupProgress(backupId, { signal: session.signal });
      }
    });
  } catch (error) {
    if (session.signal.aborted) await stderr.write(`The backup ${backupId} goes on; alluvium fsadmin backups tells how far it is\n`);
    throw error;
  }
}

async function reasonOf(admin: ClusterAdmin, backupId: string): Promise<string> {
  const { backups } = await admin.backups();
  return backups.find((each) => each.backupId === backupId)?.error ?? 'The backup failed; the log of the master has the reason';
}

export async function backups(session: Session): Promise<void> {
  const report = await (await session.fileSystem()).admin.backups({ signal: session.signal });
  if (session.json) return session.printJson(report);
  await session.print(`Directory: ${report.directory}`);
  await session.print(
    report.nextMs === undefined ? 'Daily backups: off' : `Next daily backup: ${formatTime(report.nextMs)}; ${report.retained} are kept`,
  );
  if (report.backups.length === 0) return session.print('No backups are known.');
  const rows = report.backups.map((each) => [
    formatTime(each.startedMs),
    each.state,
    each.scheduled ? 'daily' : 'asked for',
    String(each.entries),
    each.bytes === undefined ? '' : formatSize(each.bytes),
    each.error === undefined ? each.uri : `${each.uri}: ${each.error}`,
  ]);
  for (const line of ['', ...formatTable([['Started', 'State', 'Kind', 'Entries', 'Size', 'Where'], ...rows])]) await session.print(line);
}
