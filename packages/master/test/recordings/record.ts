// Makes the recording of what this version of the master writes: node build/test/packages/master/test/recordings/record.js DIRECTORY
// To be run once for each version that writes something new, into a directory of its own; what is there already is never made anew.
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BlockId, InodeId } from '@alluvium/base';
import { localDirectoryStorage, openJournal, type JournalEntry } from '@alluvium/journal';
import { encodeRecord } from '@alluvium/journal/record.js';
import { backupEntries, encodeBackup } from '@alluvium/master/backup/index.js';
import { nodeDisk, nodeGzip, silentLogger } from '@alluvium/platform';
import { SimClock } from '@alluvium/testkit';
import { type acl as aclMessages, alluviumJournal, fileJournal } from '@alluvium/wire';
import { RecordedState } from './recorded-state.js';

const TIME = 1_800_000_000_000n;
const acl: aclMessages.AccessControlList = {
  owningUser: 'ada',
  owningGroup: 'staff',
  userActions: [
    { name: '', actions: { actions: [0, 1, 2] } },
    { name: 'bob', actions: { actions: [0, 2] } },
  ],
  groupActions: [
    { name: '', actions: { actions: [0] } },
    { name: 'guests', actions: { actions: [2] } },
  ],
  maskActions: { actions: [0, 2] },
  otherActions: { actions: [] },
  isDefault: false,
  isEmpty: false,
};
const id = (container: bigint): InodeId => ((container << 24n) | 0xffffffn) as InodeId;
const block = (container: bigint, index = 0n): BlockId => ((container << 24n) + index) as BlockId;

const directory = (inode: bigint, parentId: bigint, name: string): NonNullable<JournalEntry['inodeDirectory']> => ({
  id: inode,
  parentId,
  name,
  persistenceState: 'NOT_PERSISTED',
  pinned: false,
  creationTimeMs: TIME,
  lastModificationTimeMs: TIME + 1n,
  lastAccessTimeMs: TIME + 2n,
  owner: 'ada',
  group: 'staff',
  mode: 0o755,
  mountPoint: false,
  directChildrenLoaded: true,
  ttl: -1n,
  ttlAction: fileJournal.PTtlAction.DELETE,
});

const file = (container: bigint, parentId: bigint, name: string): NonNullable<JournalEntry['inodeFile']> => ({
  id: id(container),
  parentId,
  name,
  persistenceState: 'NOT_PERSISTED',
  pinned: false,
  creationTimeMs: TIME,
  lastModificationTimeMs: TIME,
  lastAccessTimeMs: TIME,
  blockSizeBytes: 1000n,
  length: 0n,
  completed: false,
  cacheable: true,
  owner: 'ada',
  group: 'staff',
  mode: 0o640,
  ttl: -1n,
  ttlAction: fileJournal.PTtlAction.DELETE,
  replicationMax: -1,
  replicationMin: 0,
  replicationDurable: 1,
  shouldPersistTime: -1n,
});

const operationId = (n: bigint): JournalEntry['operationId'] => ({ mostSignificantBits: -n, leastSignificantBits: n });

/** Every kind of entry, with every field that is written, in operations that make sense one after the other; `n` tells two rounds apart. */
export function operations(n: bigint): JournalEntry[][] {
  const top = n * 10n;
  const [a, b, c, d] = [top + 100n, top + 101n, top + 102n, top + 103n];
  const [made, mounted] = [top + 1n, top + 2n];
  return [
    [
      { inodeDirectoryIdGenerator: { containerId: 0n, sequenceNumber: top + 3n } },
      { inodeDirectory: { ...directory(made, 0n, `made-${n}`), path: `/made-${n}` }, operationId: operationId(top) },
    ],
    [
      {
        inodeDirectory: {
          ...directory(mounted, 0n, `bucket-${n}`),
          mountPoint: true,
          persistenceState: 'PERSISTED',
          pinned: true,
          mediumType: ['SSD'],
          ttl: 5000n,
          ttlAction: fileJournal.PTtlAction.FREE,
          xAttr: { colour: Buffer.of(0, 1, 255) },
          acl: { ...acl },
          defaultAcl: { ...acl, isDefault: true },
          path: `/bucket-${n}`,
        },
      },
      { updateInode: { id: mounted, ufsFingerprint: 'TYPE|DIRECTORY UFS|s3 ' } },
      {
        addMountPoint: {
          alluxioPath: `/bucket-${n}`,
          ufsPath: `s3://bucket-${n}/warehouse`,
          readOnly: true,
          shared: true,
          mountId: 7_000n + n,
          properties: [{ key: 's3a.accessKeyId', value: 'K' }],
        },
      },
    ],
    [{ updateUfsMode: { ufsPath: `s3://bucket-${n}`, ufsMode: fileJournal.UfsMode.READ_ONLY } }],
    [{ alluvium: { mountPause: { mountId: 7_000n + n, paused: true, reason: 'the store is being moved' } } }],
    [
      { blockContainerIdGenerator: { nextContainerId: top + 1100n } },
      { updateInode: { id: made, lastModificationTimeMs: TIME + 5n, lastAccessTimeMs: TIME + 5n } },
      {
        inodeFile: {
          ...file(a, made, 'Datei \u{1F30A}'),
          persistenceState: 'TO_BE_PERSISTED',
          shouldPersistTime: TIME + 10n,
          xAttr: { note: Buffer.from('x') },
          path: `/made-${n}/Datei \u{1F30A}`,
        },
        operationId: operationId(top + 1n),
      },
    ],
    [{ newBlock: { id: id(a) }, operationId: operationId(top + 2n) }],
    [{ blockInfo: { blockId: block(a), length: 900n } }],
    [
      {
        updateInode: {
          id: id(a),
          lastModificationTimeMs: TIME + 20n,
          overwriteModificationTime: true,
          lastAccessTimeMs: TIME + 20n,
          ufsFingerprint: '',
          xAttr: { s3_etag: Buffer.from('e') },
          xAttrUpdateStrategy: fileJournal.XAttrUpdateStrategy.UNION_REPLACE,
        },
      },
      {
        updateInodeFile: { id: id(a), length: 900n, completed: true, setBlocks: [block(a)], path: `/made-${n}/Datei \u{1F30A}` },
        operationId: operationId(top + 3n),
      },
    ],
    [
      {
        alluvium: {
          persistAttempt: {
            fileId: id(a),
            sinceMs: TIME,
            attempts: 3,
            lastError: 'S3 said 503',
            lastAttemptMs: TIME + 30n,
            nextAttemptMs: TIME + 60n,
          },
        },
      },
    ],
    [{ updateInodeFile: { id: id(a), persistJobId: 77n, tempUfsPath: '/store/.tmp.a' } }],
    [
      {
        inodeFile: {
          ...file(b, made, 'stored'),
          persistenceState: 'PERSISTED',
          ufsFingerprint: 'TYPE|FILE UFS|s3 ',
          length: 2500n,
          completed: true,
          blocks: [block(b), block(b, 1n), block(b, 2n)],
          pinned: true,
          mediumType: ['MEM', 'SSD'],
          replicationMin: 2,
          replicationMax: 3,
          replicationDurable: 2,
          ttl: 60_000n,
          ttlAction: fileJournal.PTtlAction.DELETE_ALLUXIO,
          persistJobId: 5n,
          tempUfsPath: '/t',
          acl,
        },
      },
      ...[1000n, 1000n, 500n].map((length, at) => ({ blockInfo: { blockId: block(b, BigInt(at)), length } })),
    ],
    [
      {
        updateInode: {
          id: id(b),
          name: 'stored',
          parentId: made,
          persistenceState: 'PERSISTED',
          pinned: true,
          mediumType: ['HDD'],
          creationTimeMs: TIME - 1n,
          owner: 'bob',
          group: 'ops',
          mode: 0o600,
          ttl: 70_000n,
          ttlAction: fileJournal.PTtlAction.FREE,
          acl: { ...acl, owningUser: 'bob' },
          lastAccessTimeMs: TIME - 5n,
          overwriteAccessTime: true,
        },
      },
    ],
    [{ updateInodeFile: { id: id(b), blockSizeBytes: 1000n, cacheable: false, replicationMax: 4, replicationMin: 1 } }],
    [
      {
        setAcl: {
          id: id(b),
          opTimeMs: TIME + 40n,
          action: fileJournal.PSetAclAction.MODIFY,
          recursive: false,
          entries: [
            { type: 1, subject: 'eve', actions: [0, 1], isDefault: false },
            { type: 4, subject: '', actions: [0], isDefault: false },
          ],
        },
      },
    ],
    [{ updateInodeDirectory: { id: made, mountPoint: false, directChildrenLoaded: false, defaultAcl: { ...acl, isDefault: true } } }],
    [{ inodeFile: file(c, made, 'moves') }, { inodeFile: file(d, made, 'goes') }, { blockInfo: { blockId: block(d), length: 1n } }],
    [
      {
        rename: {
          id: id(c),
          opTimeMs: TIME + 50n,
          newParentId: 0n,
          newName: `moved-${n}`,
          path: `/made-${n}/moves`,
          newPath: `/moved-${n}`,
        },
        operationId: operationId(top + 4n),
      },
    ],
    [
      {
        deleteFile: { id: id(d), recursive: false, opTimeMs: TIME + 60n, alluxioOnly: true, path: `/made-${n}/goes` },
        operationId: operationId(top + 5n),
      },
      { deleteBlock: { blockId: block(d) } },
    ],
    [{ pathProperties: { path: `/made-${n}`, properties: { 'alluxio.user.file.readtype.default': 'NO_CACHE' } } }],
    [{ pathProperties: { path: '/gone', properties: { 'alluxio.user.file.readtype.default': 'CACHE' } } }],
    [{ removePathProperties: { path: '/gone' } }],
    ...Object.values(alluviumJournal.StoreIntentKind)
      .filter((kind) => typeof kind === 'number' && kind > 0)
      .map((kind): JournalEntry[] => [
        {
          alluvium: {
            storeIntent: {
              id: top * 10n + BigInt(kind),
              kind: kind as alluviumJournal.StoreIntentKind,
              inodeId: id(b),
              path: `/made-${n}/stored`,
              targetPath: `/made-${n}/other`,
              operationMost: 1n,
              operationLeast: -1n,
              timeMs: TIME,
              user: 'ada',
              owner: 'o',
              group: 'g',
              mode: 0o700,
              recursive: true,
              unchecked: true,
            },
          },
        },
      ]),
    [{ alluvium: { storeIntentEnd: { id: top * 10n + 1n } } }],
    [{ alluvium: { workerService: { host: `worker-${n}`, webPort: 30_000, draining: true, disabled: true } } }],
    [{ alluvium: { workerService: { host: `gone-${n}`, webPort: 30_000, draining: false, disabled: true } } }],
    [{ alluvium: { workerService: { host: `gone-${n}`, webPort: 30_000 } } }],
    ...jobOperations(TIME + 1000n * n),
    [{ addMountPoint: { alluxioPath: '/short', ufsPath: '/other', readOnly: false, shared: false, mountId: 9n, properties: [] } }],
    [{ deleteMountPoint: { alluxioPath: '/short' } }],
    [{ operationId: operationId(top + 6n), updateInode: {} }],
  ];
}

/** A job that goes on, and one that is over and forgotten. */
function jobOperations(job: bigint): JournalEntry[][] {
  const figures = {
    files: 3n,
    bytes: 30n,
    totalBytes: 300n,
    blocks: 4n,
    failures: 1n,
    earlierBlocks: 2n,
    earlierFailures: 1n,
    failedFiles: 1n,
  };
  const submitted = {
    kind: 'copy',
    path: '/from',
    targetPath: '/to',
    user: 'ada',
    timeMs: TIME,
    uuid: `uuid-${job}`,
    limits: { bandwidth: 1_000_000n, verify: true },
    partialListing: true,
    writeType: 'THROUGH',
    overwrite: true,
    replicas: 2,
    mediumType: 'SSD',
    forced: true,
    keepModes: true,
  };
  const step = { path: '/from/b', operationMost: 1n, operationLeast: -1n };
  const over = job + 100n;
  return [
    [{ alluvium: { job: { id: job, submitted } } }],
    [{ alluvium: { job: { id: job, limits: { bandwidth: 2_000_000n, verify: false } } } }],
    [
      {
        alluvium: {
          job: { id: job, checkpoint: { phase: 'copy', cursor: '/from/a', figures, failures: [{ path: '/from/x', reason: 'no' }] } },
        },
      },
    ],
    [{ alluvium: { job: { id: job, file: { fileId: 5n, ...step } } } }],
    [{ alluvium: { job: { id: job, file: { fileId: 6n, ...step } } } }],
    [{ alluvium: { job: { id: job, file: { fileId: 6n, done: true, figures, failure: { path: '/from/b', reason: 'full' } } } } }],
    [{ alluvium: { job: { id: over, submitted: { ...submitted, kind: 'load', uuid: `uuid-${over}` } } } }],
    [{ alluvium: { job: { id: over, end: { state: 'FAILED', reason: 'it was too much', timeMs: TIME + 9n, figures } } } }],
    [{ alluvium: { job: { id: over + 1n, submitted: { ...submitted, uuid: `uuid-${over + 1n}` } } } }],
    [{ alluvium: { job: { id: over + 1n, forgotten: true } } }],
  ];
}

/** A journal with a checkpoint in its middle, a torn tail, and a backup of the state that it comes to. */
export async function record(target: string): Promise<void> {
  if (existsSync(target)) throw new Error(`${target} is there: a recording is never made anew`);
  await mkdir(target, { recursive: true });
  const recorded = new RecordedState();
  const clock = new SimClock();
  const all = [
    [
      { inodeDirectory: { ...directory(0n, -1n, ''), persistenceState: 'PERSISTED', mountPoint: true } },
      { clusterInfo: { clusterId: '5bd5a1b0-0000-4000-8000-000000000001' } },
    ],
    ...operations(1n),
    ...operations(2n),
  ];
  const journal = await openJournal({
    storage: localDirectoryStorage(nodeDisk(), `${target}/journal`, 1),
    clock,
    log: silentLogger,
    state: recorded.state,
    options: { reserveBytes: 0, segmentBytes: 2000 },
  });
  let sequence = 0;
  for (const [index, entries] of all.entries()) {
    sequence = journal.append(entries);
    for (const entry of entries) recorded.state.apply(entry, sequence);
    if (index % 2 === 1) await journal.flushed();
    if (index === operations(1n).length) await journal.checkpoint();
  }
  await journal.close();
  const segments = `${target}/journal/segments`;
  const last = (await readdir(segments)).sort().at(-1)!;
  const [head, payload] = encodeRecord(sequence + 1, 1, 0, [{ inodeFile: file(999n, 0n, 'never acknowledged') }]);
  await appendFile(`${segments}/${last}`, Buffer.concat([head, payload]).subarray(0, 60));
  await writeFile(`${target}/expected.json`, `${JSON.stringify(recorded.describe(), undefined, 1)}\n`);
  const source = { ...recorded, inodes: recorded.metastore.inodes, clock };
  const pieces: Buffer[] = [];
  for await (const piece of encodeBackup(backupEntries(source), nodeGzip)) pieces.push(piece);
  await writeFile(`${target}/backup.gz`, Buffer.concat(pieces));
}

const [, program, target] = process.argv;
if (program === fileURLToPath(import.meta.url) && target !== undefined) await record(target);
