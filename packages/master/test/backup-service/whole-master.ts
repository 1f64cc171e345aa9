// What the tests of backups and restores do with a master.
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { fileSystemMaster as fs, metaMaster } from '@alluvium/wire';
import { Machine } from '../machine.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const meta = methodsOf(metaMaster.MetaMasterClientServiceDefinition);
const { MUST_CACHE } = fs.WritePType;
const { BackupState } = metaMaster;

export interface RunningMaster {
  readonly machine: Machine;
  readonly c: RpcChannel;
}

export async function running(settings: Record<string, string> = {}): Promise<RunningMaster> {
  const machine = new Machine(settings);
  return { machine, c: await machine.start() };
}

export async function create(c: RpcChannel, ...paths: string[]): Promise<void> {
  for (const path of paths)
    await c.unary(files.createFile, { path, options: { blockSizeBytes: 10n, writeType: MUST_CACHE, recursive: true } });
}

/** Everything below /, in the order of the paths. */
export async function listed(c: RpcChannel): Promise<fs.FileInfo[]> {
  const stream = c.stream(files.listStatus);
  await stream.write({ path: '/', options: { recursive: true } });
  stream.end();
  const infos: fs.FileInfo[] = [];
  for (let batch = await stream.read(); batch !== undefined; batch = await stream.read()) infos.push(...batch.fileInfos!);
  return infos.sort((a, b) => (a.path! < b.path! ? -1 : 1));
}

export async function backedUp(
  { clock }: Machine,
  c: RpcChannel,
  request: metaMaster.BackupPRequest = {},
): Promise<metaMaster.BackupPStatus> {
  return clock.run(c.unary(meta.backup, request));
}

/** Waits as the shell does. */
export async function ended({ clock }: Machine, c: RpcChannel, backupId: string): Promise<metaMaster.BackupPStatus> {
  for (let tries = 0; tries < 100; tries++) {
    const status = await c.unary(meta.getBackupStatus, { backupId });
    if (status.backupState === BackupState.Completed || status.backupState === BackupState.Failed) return status;
    await clock.advance(10);
  }
  throw new Error('the backup does not end');
}
