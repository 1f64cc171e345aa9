// The state that a recording comes to, as text that does not depend on how this version writes its entries.
import { BlockState } from '@alluvium/master/block/block-state.js';
import { InodeTree } from '@alluvium/master/file/inode-tree.js';
import { ClusterState } from '@alluvium/master/meta/cluster-state.js';
import { JobLedger } from '@alluvium/master/job/job-ledger.js';
import { ServiceWords } from '@alluvium/master/replication/service-words.js';
import { PathProperties } from '@alluvium/master/meta/path-properties.js';
import { MountTable } from '@alluvium/master/mount/mount-table.js';
import { MasterState } from '@alluvium/master/state.js';
import { heapMetastore } from '@alluvium/metastore';
import { silentLogger } from '@alluvium/platform';

export class RecordedState {
  readonly metastore = heapMetastore();
  readonly tree = new InodeTree(this.metastore.inodes);
  readonly blocks = new BlockState(this.metastore.blocks);
  readonly cluster = new ClusterState();
  readonly pathProperties = new PathProperties();
  readonly jobs = new JobLedger();
  readonly serviceWords = new ServiceWords();
  readonly mounts = new MountTable(
    { ufsUri: '/store', readOnly: false, shared: false, properties: new Map() },
    { open: () => assertNever() },
    silentLogger,
  );
  readonly state = new MasterState([this.tree, this.mounts, this.blocks, this.cluster, this.pathProperties, this.jobs, this.serviceWords]);

  /** Everything that is remembered, by place. Later versions may know more of each thing. */
  describe(): Record<string, unknown> {
    const inodes = [...all(this.metastore.inodes.snapshot())].map((inode) => ({ ...inode, path: this.tree.pathOf(inode.id) ?? '' }));
    const { persistence, intents, timesToLive } = this.tree;
    const told = {
      inodes: Object.fromEntries(inodes.map((inode) => [String(inode.id), inode])),
      blocks: Object.fromEntries([...all(this.metastore.blocks.snapshot())].map(([id, length]) => [String(id), length])),
      mounts: Object.fromEntries(
        [...this.mounts.all()].map(({ path, id, ufsUri, readOnly, shared, properties }) => [
          path,
          { id, ufsUri, readOnly, shared, properties },
        ]),
      ),
      modes: Object.fromEntries(this.mounts.modes()),
      clusterId: this.cluster.clusterId,
      pathProperties: Object.fromEntries(this.pathProperties.all()),
      intents: Object.fromEntries([...intents.open()].map((intent) => [String(intent.id), intent])),
      waiting: Object.fromEntries([...persistence.waiting()].map(([id, fromMs]) => [String(id), String(fromMs)])),
      records: Object.fromEntries(inodes.map(({ id }) => [String(id), persistence.record(id)])),
      pauses: Object.fromEntries([...this.mounts.all()].map(({ id }) => [String(id), persistence.pauseOf(id)])),
      pinned: [...this.tree.pinnedFiles()].map(String).sort(),
      due: inodes.filter(({ id }) => timesToLive.has(id)).map(({ id }) => String(id)),
      jobs: Object.fromEntries([...this.jobs.all()].map((job) => [job.uuid, job])),
      serviceWords: Object.fromEntries([...this.serviceWords.all()].map((word) => [word.host, word])),
      nextDirectory: this.tree.directoryIds.entry(),
      reserved: [...all(this.blocks.snapshot())].find((entry) => entry.blockContainerIdGenerator !== undefined),
    };
    return JSON.parse(JSON.stringify(told, plain)) as Record<string, unknown>;
  }
}

function assertNever(): never {
  throw new Error('no store is opened');
}

export function* all<T>(iterator: Iterator<T>): Generator<T> {
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries([...(value as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1)));
  if (value instanceof Uint8Array) return `hex:${Buffer.from(value).toString('hex')}`;
  return value;
}

/** What `expected` has must be in `found`, at the same places; lists are compared whole. */
export function differences(found: unknown, expected: unknown, at = ''): string[] {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected))
    return JSON.stringify(found) === JSON.stringify(expected)
      ? []
      : [`${at}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`];
  const has = (found ?? {}) as Record<string, unknown>;
  const out = Object.entries(expected).flatMap(([name, value]) => differences(has[name], value, `${at}/${name}`));
  // An inode, a block, a mount too many is a difference as well; a new property of one is not.
  if (/^\/\w+$/.test(at)) for (const name of Object.keys(has)) if (!(name in expected)) out.push(`${at}/${name}: too many`);
  return out;
}
