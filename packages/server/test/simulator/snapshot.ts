// What is there, as text that can be compared: in the namespace and in the stores. And what has to hold between the two when all
// is at rest.
import type { FileStatus, FileSystem } from '@alluvium/client';
import { MasterChannel } from '@alluvium/client/master/master-channel.js';
import { DEFAULT_RETRY, type RetryPolicy } from '@alluvium/client/backoff.js';
import { fileMethods } from '@alluvium/client/master/services.js';
import { statusFromInfo } from '@alluvium/client/status-from-info.js';
import type { SimClient, SimCluster, SimStore } from '@alluvium/testkit';
import { SIM_USER } from '@alluvium/testkit';
import { fileSystemMaster } from '@alluvium/wire';

/** Requests as they are on the wire, from the process of a client: what fails for the time being is sent again, the same. */
export function channelOf(cluster: SimCluster, { process }: SimClient, retry: Partial<RetryPolicy> = {}, user = SIM_USER): MasterChannel {
  const { clock, random } = process.environment;
  const { network } = process;
  return new MasterChannel({ addresses: [cluster.masterAddress], network, clock, random, user, retry: { ...DEFAULT_RETRY, ...retry } });
}

/** Everything below the path, after the master has compared it with the store. */
export async function listSynced(master: MasterChannel, path = '/'): Promise<Map<string, FileStatus>> {
  const request: fileSystemMaster.ListStatusPRequest = {
    path,
    options: {
      recursive: true,
      loadMetadataType: fileSystemMaster.LoadMetadataPType.ALWAYS,
      commonOptions: { syncIntervalMs: 0n, ttl: -1n },
    },
  };
  const out = new Map<string, FileStatus>();
  const { first, rest } = await master.stream(fileMethods.listStatus, request);
  for (let message = first; message !== undefined; message = await rest.read())
    for (const info of message.fileInfos ?? []) out.set(info.path ?? '', statusFromInfo(info));
  return out;
}

/** Of the store's version of a file. */
const VERSION = 's3_etag';

/** Without what depends on the moment: times, ids, places, versions. */
export function describe(status: FileStatus): string {
  const { folder, completed, mode, owner, group, pinned, ttlMs, persistenceState, mountPoint, xattr } = status;
  const attributes = Object.entries(xattr)
    .filter(([name]) => name !== VERSION)
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('latin1')}`);
  return [
    folder ? 'directory' : `file of ${status.lengthBytes}${completed ? '' : ' incomplete'}`,
    `${owner}:${group} ${mode.toString(8)}`,
    persistenceState,
    ...(pinned ? ['pinned'] : []),
    ...(ttlMs < 0n ? [] : [`ttl ${ttlMs}`]),
    ...(mountPoint ? ['mount point'] : []),
    ...attributes.sort(),
    ...[...status.acl, ...status.defaultAcl].map((entry) => JSON.stringify(entry)).filter((entry) => entry.includes('somebody')),
  ].join(' ');
}

/** The namespace by path, with the content of what is complete. */
export async function namespaceOf(fs: FileSystem, master: MasterChannel, path = '/'): Promise<Map<string, string>> {
  const out = new Map<string, string>();
  for (const [at, status] of await listSynced(master, path)) {
    const content = status.folder || !status.completed ? '' : ` ${await contentOf(fs, at)}`;
    out.set(at, describe(status) + content);
  }
  return out;
}

async function contentOf(fs: FileSystem, path: string): Promise<string> {
  const file = await fs.open(path);
  try {
    const parts: Uint8Array[] = [];
    for await (const part of file.chunks()) parts.push(Buffer.from(part));
    return JSON.stringify(Buffer.concat(parts).toString('latin1').slice(0, 100));
  } finally {
    await file.close();
  }
}

/** Where a store is mounted, and as what. */
export interface Mounted {
  readonly path: string;
  readonly store: SimStore;
}

/** What is not as it has to be once nothing is under way and both sides have been compared; undefined when all is well. */
export function disagreement(namespace: ReadonlyMap<string, FileStatus>, mounts: readonly Mounted[]): string | undefined {
  const mountOf = (path: string): Mounted =>
    mounts.filter((mount) => path === mount.path || path.startsWith(mount.path === '/' ? '/' : `${mount.path}/`)).at(-1)!;
  const claimed = new Set<string>();
  for (const [path, status] of namespace) {
    const hidden = Object.keys(status.xattr).find((name) => name.startsWith('alluvium.'));
    if (hidden !== undefined) return `${path} still has ${hidden}`;
    if (status.mountPoint) continue;
    const { path: root, store } = mountOf(path);
    const at = path.slice(root === '/' ? 1 : root.length + 1);
    if (status.persistenceState === 'TO_BE_PERSISTED' && status.completed) return `${path} still waits to be persisted`;
    if (status.persistenceState !== 'PERSISTED') continue;
    claimed.add(`${store.uri}/${at}`);
    const stored = store.status(at, '');
    if (stored === undefined) {
      if (status.folder || status.completed) return `${path} is PERSISTED, and the store does not have it`;
    } else if (stored.directory !== status.folder) return `${path} is a ${stored.directory ? 'directory' : 'file'} in the store only`;
    else if (!stored.directory && status.completed && stored.length !== Number(status.lengthBytes))
      return `${path} has ${status.lengthBytes} bytes, and ${stored.length} in the store`;
  }
  for (const { path: root, store } of mounts)
    for (const [at, { directory }] of store.entries) {
      if (at === '' || claimed.has(`${store.uri}/${at}`)) continue;
      if (at === PERSIST_DIRECTORY) continue;
      const path = `${root === '/' ? '' : root}/${at}`;
      return `the store has the ${directory ? 'directory' : 'file'} ${path}, which is ${namespace.has(path) ? 'not PERSISTED' : 'not in the namespace'}`;
    }
  return undefined;
}

/** Where attempts to persist write; the directory stays, what is in it does not. */
const PERSIST_DIRECTORY = '.alluxio_ufs_persistence';
