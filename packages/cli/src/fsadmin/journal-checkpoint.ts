import { sleep } from '@alluvium/base';
import type { ClusterAdmin } from '@alluvium/client';
import { Progress } from '../output/progress.js';
import type { Session } from '../session.js';

/** Between two looks at how far it is. */
const POLL_MS = 500;

export async function journalCheckpoint(session: Session): Promise<void> {
  const { admin } = await session.fileSystem();
  const ended = new AbortController();
  const progress = new Progress(session.context.stderr, session.context.clock, 'entries');
  const host = await session.withProgress(progress, async () => {
    const showing = session.context.stderr.isTTY ? show(session, admin, progress, ended.signal) : undefined;
    try {
      return await admin.checkpoint({ signal: session.signal });
    } finally {
      ended.abort();
      // How far it is is told for comfort: a master that cannot say so writes its checkpoint all the same.
      await showing?.catch(() => undefined);
    }
  });
  await session.print(`Successfully took a checkpoint on master ${host}`);
}

async function show(session: Session, admin: ClusterAdmin, progress: Progress, signal: AbortSignal): Promise<void> {
  for (let shown = 0; ;) {
    await sleep(session.context.clock, POLL_MS, signal);
    const written = Number((await admin.journal({ signal })).checkpointEntriesWritten ?? 0n);
    // It begins anew when it is read back.
    progress.add(Math.max(0, written - shown));
    shown = Math.max(shown, written);
  }
}
