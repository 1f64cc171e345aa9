// What a server on one machine uses where nothing is configured: its home directory, a share of the memory.
import { join } from 'node:path';
import { auditFile, backupDirectory, backupLocalDirectory, journalFolder, metastoreDirectory, rootUfs } from '@alluvium/master';
import { ramdiskSize, tierPath } from '@alluvium/worker';
import type { Configuration, Disk, Machine } from '@alluvium/platform';
import type { Home } from './home.js';

/** The MEM tier takes this share of the machine's memory ... */
const MEMORY_SHARE = 1 / 3;
/** ... but never more of what the memory file system has free. */
const FREE_SHARE = 0.9;

/**
 * The defaults that depend on home and machine, by property name. `configuration` is what was set, so that the size is made
 * from the directory that will be used.
 */
export async function embeddedDefaults(
  home: Home,
  configuration: Configuration,
  machine: Machine,
  disk: Disk,
): Promise<Record<string, string>> {
  const set = new Map(configuration.entries());
  const tierDirectory =
    set.get(tierPath.name)?.value ??
    (machine.tmpfsDirectory === undefined
      ? join(home.directory, 'blocks')
      : join(machine.tmpfsDirectory, `alluvium-${identityOf(home.directory)}`));
  const [first] = tierDirectory.split(',');
  await disk.makeDirectory(first!.trim());
  const { availableBytes } = await disk.space(first!.trim());
  const capacity = Math.floor(Math.min(machine.memoryBytes * MEMORY_SHARE, availableBytes * FREE_SHARE));
  const defaults: Record<string, string> = {
    [journalFolder.name]: home.journal,
    [metastoreDirectory.name]: home.metastore,
    [auditFile.name]: home.auditFile,
    [rootUfs.name]: home.store,
    [backupLocalDirectory.name]: home.backups,
    [tierPath.name]: tierDirectory,
    [ramdiskSize.name]: String(capacity),
  };
  // A path of another store would be one of the home directory of nobody there.
  if (/^(?:\/|file:)/i.test(set.get(rootUfs.name)?.value ?? home.store)) defaults[backupDirectory.name] = home.backups;
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !set.has(name)));
}

/** Two homes on one machine must not share a directory in memory: a name made from the home's path (FNV-1a). */
function identityOf(path: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
