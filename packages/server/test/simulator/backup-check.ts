// A backup of the whole namespace, restored by a new master with an empty journal, is the namespace as it was.
import { sleep } from '@alluvium/base';
import { metaMethods } from '@alluvium/client/master/services.js';
import { metaMaster } from '@alluvium/wire';
import type { SimCluster } from '@alluvium/testkit';
import { violated, type Program } from './world.js';

const WITHIN_MS = 600_000;
const LOOK_MS = 100;
const DIRECTORY = '/backups';

/** The master is replaced by one that knows no more than the backup; the old one's journal is gone. */
export async function restoreFromBackup(cluster: SimCluster, program: Program): Promise<void> {
  const { master, clock, trace } = cluster;
  const uri = await backUp(cluster, program);
  const files = master.disk.durableFiles(DIRECTORY);
  if (!files.has(uri)) violated(`the backup ${uri} is not durable`);
  master.crash();
  master.disk.wipe();
  for (const [path, bytes] of files) master.disk.restore(path, bytes);
  trace.add(`the master begins anew from ${uri}`);
  cluster.masterProperties.set('alluxio.master.journal.init.from.backup', uri);
  // What the stores say is not to be mixed in.
  cluster.masterProperties.set('alluxio.master.journal.sync.root.after.init.from.backup', 'false');
  await master.start();
  cluster.masterProperties.clear();
  await sleep(clock, LOOK_MS);
}

async function backUp({ clock }: SimCluster, program: Program): Promise<string> {
  const untilMs = clock.monotonicMs() + WITHIN_MS;
  const { Completed, Failed } = metaMaster.BackupState;
  const request = { targetDirectory: DIRECTORY, options: { runAsync: true, localFileSystem: true } };
  const begun = await program.ask('backup', (_, master) => master.unary(metaMethods.backup, request));
  const backupId = begun!.backupId!;
  for (;;) {
    const status = await program.ask('backup status', (_, master) => master.unary(metaMethods.getBackupStatus, { backupId }));
    if (status!.backupState === Completed) return new URL(status!.backupUri!, 'file:///').pathname;
    if (status!.backupState === Failed) violated(`the backup fails: ${status!.backupError?.toString() ?? ''}`);
    if (clock.monotonicMs() > untilMs) violated('the backup does not end');
    await sleep(clock, LOOK_MS);
  }
}
