// Requests that make no sense, for each call of the services that 2.9.4 clients and workers use.
import type { ErrorKind } from '@alluvium/base';
import { methodsOf, type Method } from '@alluvium/net';
import {
  blockMaster,
  cacheService,
  common,
  fileSystemMaster as fs,
  journalMaster,
  metaMaster,
  metricMaster,
  namespaceService,
} from '@alluvium/wire';
import { pmode } from '../file/world.js';
import { MANY, MAX, MIN, ODD, of, type Case } from './case.js';
import { jobCalls, jobCases, ownJobCalls } from './job-cases.js';
import { cacheCalls } from './cache-cases.js';
import { ownCalls } from './own-cases.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const forWorkers = methodsOf(fs.FileSystemMasterWorkerServiceDefinition);
const forJobs = methodsOf(fs.FileSystemMasterJobServiceDefinition);
const blocks = methodsOf(blockMaster.BlockMasterClientServiceDefinition);
const workers = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
const meta = methodsOf(metaMaster.MetaMasterClientServiceDefinition);
const configuration = methodsOf(metaMaster.MetaMasterConfigurationServiceDefinition);
const standbys = methodsOf(metaMaster.MetaMasterMasterServiceDefinition);
const proxies = methodsOf(metaMaster.MetaMasterProxyServiceDefinition);
const metrics = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);
const journal = methodsOf(journalMaster.JournalMasterClientServiceDefinition);

const namespace = methodsOf(namespaceService.NamespaceServiceDefinition);
const cache = methodsOf(cacheService.CacheServiceDefinition);

/** Every call of these has to be in a case. */
export const SERVICES = [
  files,
  forWorkers,
  forJobs,
  blocks,
  workers,
  meta,
  configuration,
  standbys,
  proxies,
  metrics,
  journal,
  namespace,
  jobCalls,
  ownJobCalls,
  cache,
];

const map = <V>(count: number, value: V): Record<string, V> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));
const noFile = (path: string): string => `Path "${path}" does not exist.`;
const throughFile = 'Traversal failed for path /d/f/x. Component 2(f) is a file, not a directory.';
const readOnly = (path: string): string => `A write operation on ${path} under a readonly mount point /ro is not allowed`;
const file = (more: fs.CreateFilePOptions = {}): fs.CreateFilePOptions => ({
  blockSizeBytes: 10n,
  writeType: fs.WritePType.MUST_CACHE,
  replicationMin: 0,
  replicationMax: -1,
  ...more,
});
const entry = (more: fs.PAclEntry): fs.PAclEntry => ({ subject: '', actions: [], isDefault: false, ...more });

function withoutBase(type: fs.PAclEntryType): fs.SetAclPRequest {
  return { path: '/d/f', action: fs.SetAclAction.REMOVE, entries: [entry({ type })] };
}

/** Paths that are none, for every call that takes one. */
const BAD_PATHS = ['', 'relative', '/..', '/a\0b', `/${'x'.repeat(256)}`, `/${'a/'.repeat(3000)}`];

const TAKES_PATH: readonly (readonly [Method<never, unknown>, (path: string) => object])[] = [
  ...[
    files.checkAccess,
    files.checkConsistency,
    files.completeFile,
    files.createDirectory,
    files.createFile,
    files.free,
    files.getNewBlockIdForFile,
    files.getStatus,
    files.listStatus,
    files.listStatusPartial,
    files.needsSync,
    files.remove,
    files.scheduleAsyncPersistence,
    files.setAcl,
    files.setAttribute,
    files.startSync,
    files.stopSync,
    files.syncMetadata,
    files.syncMetadataAsync,
    cache.explainCache,
    configuration.removePathConfiguration,
    configuration.setPathConfiguration,
  ].map((method) => [method as unknown as Method<never, unknown>, (path: string) => ({ path, properties: {}, keys: [] })] as const),
  ...[files.mount, files.unmount, files.updateMount].map(
    (method) => [method as unknown as Method<never, unknown>, (alluxioPath: string) => ({ alluxioPath, ufsPath: 'mem://new' })] as const,
  ),
  [files.rename as unknown as Method<never, unknown>, (path) => ({ path, dstPath: '/new' })],
  [files.rename as unknown as Method<never, unknown>, (dstPath) => ({ path: '/d/f', dstPath })],
];

const badPaths: readonly Case[] = TAKES_PATH.flatMap(([method, request]) =>
  BAD_PATHS.map((path) => ({
    method,
    why: `the path ${JSON.stringify(path.slice(0, 12))}`,
    request: request(path),
    // A 2.9.4 master tells every failed mount as UNKNOWN.
    kind: (method.path === files.mount.path ? 'unknown' : 'invalidArgument') as ErrorKind,
    text: /is invalid/,
  })),
);

const making: readonly Case[] = [
  ...of(
    files.createFile,
    ['no block size of that kind', { path: '/n', options: file({ blockSizeBytes: 0n }) }, 'invalidArgument', 'Invalid block size 0'],
    ['a negative block size', { path: '/n', options: file({ blockSizeBytes: MIN }) }, 'invalidArgument', `Invalid block size ${MIN}`],
    ['a block size beyond numbers', { path: '/n', options: file({ blockSizeBytes: MAX }) }, 'invalidArgument', /^Invalid block size /],
    ['it exists', { path: '/d/f', options: file() }, 'alreadyExists', /^\/d\/f already exists\. If you want to overwrite the file/],
    ['a directory', { path: '/d', options: file({ overwrite: true }) }, 'alreadyExists', /Directories cannot be overwritten with create$/],
    ['the root', { path: '/', options: file({ overwrite: true }) }, 'alreadyExists', /Directories cannot be overwritten with create$/],
    ['no parent', { path: '/none/n', options: file() }, 'notFound', 'File /none/n creation failed. Component 1(none) does not exist'],
    ['below a file', { path: '/d/f/x', options: file({ recursive: true }) }, 'invalidArgument', throughFile],
    ['fewer copies than more', { path: '/n', options: file({ replicationMin: 3, replicationMax: 1 }) }, 'internal'],
    [
      'too many attributes',
      { path: '/n', options: file({ xattr: map(MANY, Buffer.alloc(1)) }) },
      'invalidArgument',
      /at most 65536 wanted$/,
    ],
    ['nothing may be written there', { path: '/ro/n', options: file() }, 'permissionDenied', readOnly('/ro/n')],
    ['somebody else s directory', { path: '/d/n', options: file() }, 'permissionDenied', /^Permission denied: user=bob, access=-w-/, 'bob'],
  ),
  ...of(
    files.createDirectory,
    ['it exists', { path: '/d' }, 'alreadyExists', 'Not allowed to create directory because path already exists: /d'],
    ['a file', { path: '/d/f', options: { allowExists: true } }, 'internal', 'Inode f is not a directory'],
    ['the root', { path: '/', options: { allowExists: true } }, 'alreadyExists', 'Not allowed to create existing root path: /'],
    ['no parent', { path: '/none/n' }, 'notFound', 'File /none/n creation failed. Component 1(none) does not exist'],
    ['below a file', { path: '/d/f/x', options: { recursive: true } }, 'invalidArgument', throughFile],
    ['too many attributes', { path: '/n', options: { xattr: map(MANY, Buffer.alloc(1)) } }, 'invalidArgument', /at most 65536 wanted$/],
    ['nothing may be written there', { path: '/ro/n' }, 'permissionDenied', readOnly('/ro/n')],
  ),
  ...of(
    files.completeFile,
    ['nothing is there', { path: '/none' }, 'notFound', noFile('/none')],
    ['a directory', { path: '/d' }, 'notFound', 'Path "/d" must be a file.'],
    ['it is complete', { path: '/d/f' }, 'alreadyExists', 'File f has already been completed.'],
    ['a block is missing', { path: '/d/open' }, 'invalidArgument', 'Cannot complete a file without all the blocks committed'],
    ['a negative length', { path: '/p/open', options: { ufsLength: -2n } }, 'invalidArgument', 'File open cannot have negative length: -2'],
    ['more than the store has', { path: '/p/open', options: { ufsLength: MAX } }, 'internal', /the under store has nothing/],
  ),
  ...of(
    files.getNewBlockIdForFile,
    ['nothing is there', { path: '/none' }, 'notFound', noFile('/none')],
    ['a directory', { path: '/d' }, 'invalidArgument', 'Cannot add a block to "/d": it is a directory'],
    ['it is complete', { path: '/d/f' }, 'invalidArgument', 'Cannot add a block to "/d/f": the file is complete'],
    ['below a file', { path: '/d/f/x' }, 'invalidArgument', throughFile],
  ),
];

const moving: readonly Case[] = [
  ...of(
    files.rename,
    ['nothing is there', { path: '/none', dstPath: '/new' }, 'notFound', noFile('/none')],
    [
      'the new name is taken',
      { path: '/d/f', dstPath: '/p' },
      'alreadyExists',
      'Cannot rename because destination already exists. src: /d/f dst: /p',
    ],
    [
      'a directory may not be replaced',
      { path: '/d/f', dstPath: '/p', options: { s3SyntaxOptions: { overwrite: true } } },
      'alreadyExists',
    ],
    ['no parent', { path: '/d/f', dstPath: '/none/new' }, 'notFound', noFile('/none')],
    ['into itself', { path: '/d', dstPath: '/d/x' }, 'invalidArgument', 'Cannot rename because /d is a prefix of /d/x'],
    ['the root', { path: '/', dstPath: '/new' }, 'invalidArgument', 'The root directory cannot be renamed'],
    ['to the root', { path: '/d', dstPath: '/' }, 'invalidArgument', 'Cannot rename a path to the root directory'],
    ['to itself', { path: '/d', dstPath: '/d' }, 'ok'],
    ['into another mount', { path: '/d/f', dstPath: '/m/f' }, 'invalidArgument', 'Renaming /d/f to /m/f is a cross mount operation'],
    ['onto a mount point', { path: '/d/f', dstPath: '/m' }, 'invalidArgument', '/m is a mount point and cannot be renamed onto'],
    ['below a file', { path: '/p/t', dstPath: '/d/f/x' }, 'invalidArgument', throughFile],
    ['nothing may be written there', { path: '/ro/t', dstPath: '/ro/new' }, 'permissionDenied', readOnly('/ro/t')],
  ),
  ...of(
    files.remove,
    ['nothing is there', { path: '/none' }, 'notFound', noFile('/none')],
    ['something is below', { path: '/d' }, 'failedPrecondition', 'Cannot delete non-empty directory d because recursive is set to false'],
    [
      'the root',
      { path: '/', options: { recursive: true } },
      'permissionDenied',
      /^Cannot delete path \/ which is or contains a mount point/,
    ],
    [
      'a mount point',
      { path: '/m', options: { recursive: true } },
      'permissionDenied',
      /^Cannot delete path \/m which is or contains a mount point/,
    ],
    ['nothing may be written there', { path: '/ro/t' }, 'permissionDenied', readOnly('/ro/t')],
    ['somebody else s directory', { path: '/d/f' }, 'permissionDenied', /^Permission denied: user=bob, access=-w-/, 'bob'],
  ),
  ...of(
    files.free,
    ['nothing is there', { path: '/none' }, 'notFound', noFile('/none')],
    [
      'something is below',
      { path: '/d' },
      'unknown',
      'Cannot free directory /d which is not empty. Please set the "recursive" flag of free operation to true',
    ],
    ['it is in no store', { path: '/d/f', options: { forced: true } }, 'unknown', 'Cannot free file /d/f which is not persisted'],
  ),
];

const describing: readonly Case[] = [
  ...of(
    files.setAttribute,
    ['nothing is there', { path: '/none', options: { pinned: true } }, 'notFound', noFile('/none')],
    [
      'fewer copies than more',
      { path: '/d/f', options: { replicationMin: 3, replicationMax: 1 } },
      'internal',
      'Cannot set min and max replication to be 3 and 1: min replication must be smaller or equal than max replication',
    ],
    ['less than no copy', { path: '/d/f', options: { replicationMin: -1 } }, 'internal', 'Min replication must be a non-negative integer'],
    ['a persisted directory', { path: '/d', options: { persisted: true } }, 'internal', 'Only files can be persisted'],
    ['a medium of no kind', { path: '/d/f', options: { pinned: true, pinnedMedia: ['NVRAM'] } }, 'internal'],
    [
      'an owner outside of the group',
      { path: '/d/f', options: { owner: 'alice', group: 'root' } },
      'unknown',
      /Owner alice does not belong to the group root$/,
    ],
    ['too many attributes', { path: '/d/f', options: { xattr: map(MANY, Buffer.alloc(1)) } }, 'invalidArgument', /at most 65536 wanted$/],
    [
      'not the owner',
      { path: '/d/f', options: { mode: pmode(0o777) } },
      'permissionDenied',
      'Permission denied: user=bob is not the owner of path=/d/f',
      'bob',
    ],
    [
      'no super user',
      { path: '/d/f', options: { owner: 'bob' } },
      'permissionDenied',
      'Permission denied: bob is not a super user or in super group',
      'bob',
    ],
    ['nothing may be written there', { path: '/ro/t', options: { mode: pmode(0o777) } }, 'permissionDenied', readOnly('/ro/t')],
  ),
  ...of(
    files.setAcl,
    ['nothing is there', { path: '/none', action: fs.SetAclAction.REMOVE_ALL }, 'notFound', noFile('/none')],
    [
      'default entries of a file',
      {
        path: '/d/f',
        action: fs.SetAclAction.MODIFY,
        entries: [entry({ type: fs.PAclEntryType.NamedUser, subject: 'x', isDefault: true })],
      },
      'internal',
      'Can not set default ACL for a file',
    ],
    [
      'without the base entries',
      { path: '/d/f', action: fs.SetAclAction.REPLACE, entries: [entry({ type: fs.PAclEntryType.Owner })] },
      'unknown',
      /^Replacing ACL entries must include the base entries for user, group, and other\. missing: /,
    ],
    ['the owner is taken away', withoutBase(fs.PAclEntryType.Owner), 'invalidArgument'],
    ['the group is taken away', withoutBase(fs.PAclEntryType.OwningGroup), 'invalidArgument'],
    ['the others are taken away', withoutBase(fs.PAclEntryType.Other), 'invalidArgument'],
    ['an action of no kind', { path: '/d/f', action: ODD, entries: [] }, 'invalidArgument'],
    ['an entry of no kind', { path: '/d/f', action: fs.SetAclAction.MODIFY, entries: [entry({ type: ODD })] }, 'invalidArgument'],
    [
      'too many entries',
      {
        path: '/d/f',
        action: fs.SetAclAction.MODIFY,
        entries: Array.from({ length: MANY }, (_, i) => entry({ type: fs.PAclEntryType.NamedUser, subject: `u${i}` })),
      },
      'invalidArgument',
    ],
    ['not the owner', { path: '/d/f', action: fs.SetAclAction.REMOVE_ALL }, 'permissionDenied', /is not the owner of path=\/d\/f$/, 'bob'],
  ),
  ...of(
    files.checkAccess,
    ['nothing is there', { path: '/none', options: { bits: common.Bits.READ } }, 'notFound', noFile('/none')],
    [
      'it is not allowed',
      { path: '/d/f', options: { bits: common.Bits.WRITE } },
      'permissionDenied',
      /^Permission denied: user=bob, access=-w-/,
      'bob',
    ],
  ),
  ...of(
    files.scheduleAsyncPersistence,
    ['nothing is there', { path: '/none' }, 'notFound', noFile('/none')],
    ['a directory', { path: '/d' }, 'notFound', 'Path "/d" must be a file.'],
    ['it is not complete', { path: '/d/open' }, 'invalidArgument', 'Cannot persist an incomplete Alluxio file: /d/open'],
  ),
];

const looking: readonly Case[] = [
  ...of(
    files.getStatus,
    ['nothing is there', { path: '/none' }, 'notFound', noFile('/none')],
    ['below a file', { path: '/d/f/x' }, 'notFound'],
    ['options of no kind', { path: '/d/f', options: { loadMetadataType: ODD, accessMode: ODD } }, 'ok'],
  ),
  ...of(files.exists, ['nothing at all', {}, 'ok'], ['below a file', { path: '/d/f/x' }, 'ok']),
  ...of(
    files.listStatus,
    ['nothing is there', { path: '/none' }, 'notFound', noFile('/none')],
    ['below a file', { path: '/d/f/x' }, 'invalidArgument', throughFile],
  ),
  ...of(
    files.listStatusPartial,
    ['nothing is there', { path: '/none' }, 'notFound', noFile('/none')],
    ['a negative place', { path: '/d', options: { offsetCount: -1 } }, 'invalidArgument'],
    ['after nothing', { path: '/d', options: { offsetId: MAX } }, 'notFound', /Inode was not found during partial listing/],
    ['a prefix that is no path', { path: '/d', options: { prefix: 'x' } }, 'invalidArgument', 'Path "x" is invalid.'],
    ['less than nothing at a time', { path: '/d', options: { batchSize: -5 } }, 'ok'],
  ),
  ...of(
    files.getFilePath,
    ['no id', {}, 'ok'],
    ['of nothing', { fileId: MAX }, 'notFound', `inodeId ${MAX} does not exist`],
    ['negative', { fileId: -1n }, 'notFound'],
  ),
  ...of(files.getMountTable, ['nothing at all', {}, 'ok']),
  ...of(files.getStateLockHolders, ['nothing at all', {}, 'ok']),
  ...of(
    files.reverseResolve,
    ['nothing at all', {}, 'invalidArgument'],
    ['of no mount', { ufsUri: 's3://none/x' }, 'invalidArgument', 's3://none/x is not a valid ufs uri'],
  ),
];

const mounts: readonly Case[] = [
  ...of(
    files.mount,
    [
      'it exists',
      { alluxioPath: '/d', ufsPath: 'mem://new' },
      'unknown',
      /Mount point target path \/d already exists in Alluxio namespace/,
    ],
    ['no parent', { alluxioPath: '/none/m', ufsPath: 'mem://new' }, 'unknown', /Component 1\(none\) does not exist/],
    ['mounted already', { alluxioPath: '/n', ufsPath: 'mem://other' }, 'unknown', /is a prefix of/],
    ['no store', { alluxioPath: '/n', ufsPath: 'gopher://x' }, 'unknown'],
    ['no address of a store', { alluxioPath: '/n', ufsPath: 'x' }, 'unknown', /is invalid/],
    ['too many properties', { alluxioPath: '/n', ufsPath: 'mem://new', options: { properties: map(MANY, 'v') } }, 'unknown', /at most/],
  ),
  ...of(
    files.unmount,
    ['nothing is there', { alluxioPath: '/none' }, 'notFound', 'Failed to unmount: Path /none does not exist'],
    [
      'no mount point',
      { alluxioPath: '/d' },
      'invalidArgument',
      'Failed to unmount /d. Please ensure the path is an existing mount point.',
    ],
    [
      'the root',
      { alluxioPath: '/' },
      'invalidArgument',
      'Failed to unmount /. Please ensure the path is an existing mount point and not root.',
    ],
  ),
  ...of(
    files.updateMount,
    [
      'no mount point',
      { alluxioPath: '/d' },
      'invalidArgument',
      'Failed to update mount properties for /d. Please ensure the path is an existing mount point.',
    ],
    [
      'the root',
      { alluxioPath: '/' },
      'invalidArgument',
      'Failed to update mount point at /. Please ensure the path is an existing mount point and not root.',
    ],
  ),
  ...of(
    files.updateUfsMode,
    ['nothing at all', {}, 'invalidArgument'],
    ['a mode of no kind', { ufsPath: 'mem://other', options: { ufsMode: ODD } }, 'invalidArgument'],
  ),
];

const syncing: readonly Case[] = [
  ...of(files.startSync, ['a store that tells nothing', { path: '/d' }, 'internal', /^Active Syncing is not supported on this UFS type: /]),
  ...of(files.stopSync, ['nobody follows it', { path: '/d' }, 'invalidArgument', '/d is not a sync point']),
  ...of(files.getSyncPathList, ['nothing at all', {}, 'ok']),
  ...of(files.getSyncProgress, ['of nothing', { taskGroupId: 77n }, 'notFound', 'Task group id 77 not found']),
  ...of(files.cancelSyncMetadata, ['of nothing', { taskGroupId: 77n }, 'notFound', 'Task group id 77 not found']),
  ...of(files.checkConsistency, ['nothing is there', { path: '/none' }, 'notFound', noFile('/none')]),
];

const asked: readonly Case[] = [
  ...of(forWorkers.fileSystemHeartbeat, ['nothing at all', {}, 'unimplemented']),
  ...of(forWorkers.getPinnedFileIds, ['nothing at all', {}, 'ok']),
  ...[forWorkers.getFileInfo, forJobs.getFileInfo].flatMap((method) =>
    of(method, ['of nothing', { fileId: MAX }, 'notFound', `inodeId ${MAX} does not exist`]),
  ),
  ...[forWorkers.getUfsInfo, forJobs.getUfsInfo].flatMap((method) =>
    of(method, ['nothing at all', {}, 'notFound'], ['of nothing', { mountId: MIN }, 'notFound', `No mount point has the id ${MIN}`]),
  ),
];

const registration = { storageTiers: ['MEM'], totalBytesOnTiers: {}, usedBytesOnTiers: {}, currentBlocks: [] };

const blockCalls: readonly Case[] = [
  ...of(
    blocks.getBlockInfo,
    ['nothing at all', {}, 'invalidArgument', 'BlockMeta not found for blockId 0'],
    ['of nothing', { blockId: MAX }, 'invalidArgument', `BlockMeta not found for blockId ${MAX}`],
  ),
  ...of(blocks.getBlockMasterInfo, ['a field of no kind', { filters: [ODD] }, 'ok']),
  ...of(blocks.getCapacityBytes, ['nothing at all', {}, 'ok']),
  ...of(blocks.getUsedBytes, ['nothing at all', {}, 'ok']),
  ...of(blocks.getWorkerInfoList, ['nothing at all', {}, 'ok']),
  ...of(blocks.getWorkerLostStorage, ['nothing at all', {}, 'ok']),
  ...of(
    blocks.getWorkerReport,
    ['nothing at all', {}, 'ok'],
    ['of no kind', { workerRange: ODD, fieldRanges: [ODD] }, 'ok'],
    [
      'of nobody',
      { workerRange: blockMaster.WorkerRange.SPECIFIED, addresses: ['x'] },
      'invalidArgument',
      'Unrecognized worker names: [x]',
    ],
  ),
  ...of(
    blocks.decommissionWorker,
    ['nothing at all', {} as never, 'invalidArgument', /workerHostname is missing$/],
    ['nobody', { workerHostname: 'x', workerWebPort: 5n }, 'notFound', 'Worker x:5 not found'],
    ['a port beyond numbers', { workerHostname: 'w1', workerWebPort: MAX }, 'notFound'],
  ),
  ...of(
    blocks.removeDisabledWorker,
    ['nothing at all', {} as never, 'invalidArgument', /workerHostname is missing$/],
    ['nobody', { workerHostname: 'x' }, 'ok'],
  ),
  ...of(workers.getWorkerId, ['nothing at all', {}, 'invalidArgument', /workerNetAddress is missing$/]),
  ...of(workers.notifyWorkerId, ['nothing at all', {}, 'ok']),
  ...of(workers.requestRegisterLease, ['nothing at all', {}, 'ok']),
  ...of(workers.registerWorker, ['by nobody', { workerId: 5n, ...registration }, 'notFound', 'No worker with workerId 5 is found.']),
  ...of(workers.registerWorkerStream, ['by nobody', { workerId: 5n, ...registration }, 'notFound', 'No worker with workerId 5 is found.']),
  ...of(workers.blockHeartbeat, ['of nobody', { workerId: 5n, usedBytesOnTiers: {}, removedBlockIds: [] }, 'ok']),
  ...of(
    workers.commitBlock,
    ['by nobody', { workerId: 5n, blockId: 1n, length: 1n }, 'notFound', 'No worker with workerId 5 is found.'],
    ['nothing at all', {}, 'notFound'],
  ),
  ...of(
    workers.commitBlockInUfs,
    ['a negative id', { blockId: -1n, length: 1n }, 'invalidArgument', /^Cannot commit block /],
    ['a negative length', { blockId: 1n, length: -1n }, 'invalidArgument', /^Cannot commit block /],
    ['a length beyond numbers', { blockId: 1n, length: MAX }, 'invalidArgument', /^Cannot commit block /],
    ['of no file', { blockId: 5n << 40n, length: 1n }, 'ok'],
  ),
];

const metaCalls: readonly Case[] = [
  ...of(meta.getMasterInfo, ['a field of no kind', { filter: [ODD] }, 'ok']),
  ...of(meta.getConfigReport, ['nothing at all', {}, 'ok']),
  ...of(meta.listProxyStatus, ['nothing at all', {}, 'ok']),
  ...of(meta.checkpoint, ['nothing at all', {}, 'ok']),
  ...of(
    meta.backup,
    ['no super user', {}, 'permissionDenied', /is not a super user/, 'alice'],
    ['a relative directory', { targetDirectory: 'backups' }, 'invalidArgument', /an absolute path or the URI of a store is wanted$/],
    ['a store of no kind', { targetDirectory: 'nfs://x/y' }, 'invalidArgument', /^No Under File System Factory found/],
    ['a way out of a directory', { targetDirectory: '/a/../b', options: { localFileSystem: true } }, 'invalidArgument'],
    ['a store as a local directory', { targetDirectory: 'mem://x', options: { localFileSystem: true } }, 'invalidArgument'],
  ),
  ...of(
    meta.getBackupStatus,
    ['no super user', { backupId: 'x' }, 'permissionDenied', /is not a super user/, 'alice'],
    ['an unknown id', { backupId: '123e4567-e89b-42d3-a456-426614174000' }, 'ok'],
    ['nothing at all', {}, 'internal', 'Invalid UUID string: '],
    ['no id', { backupId: 'x' }, 'internal', 'Invalid UUID string: x'],
  ),
  ...of(configuration.getConfiguration, ['nothing at all', {}, 'ok']),
  ...of(configuration.getConfigHash, ['nothing at all', {}, 'ok']),
  ...of(
    configuration.updateConfiguration,
    ['nothing at all', { properties: {} }, 'ok'],
    ['of no kind', { properties: { 'no.such': '1' } }, 'ok'],
  ),
  ...of(configuration.setPathConfiguration, ['a property of no kind', { path: '/d', properties: { 'no.such': '1' } }, 'internal']),
  ...of(configuration.removePathConfiguration, ['of nothing', { path: '/none', keys: ['no.such'] }, 'ok']),
  ...of(standbys.getMasterId, ['nothing at all', {}, 'invalidArgument', /masterAddress is missing$/]),
  ...of(
    standbys.registerMaster,
    ['nothing at all', {}, 'notFound'],
    ['nobody', { masterId: MAX }, 'notFound', `No master with masterId ${MAX} is found.`],
  ),
  ...of(standbys.masterHeartbeat, ['nothing at all', {}, 'ok']),
  ...of(proxies.proxyHeartbeat, ['nothing at all', {}, 'invalidArgument', /proxyAddress is missing$/]),
  ...of(
    metrics.metricsHeartbeat,
    ['nothing at all', {}, 'ok'],
    ['metrics of no kind', { options: { clientMetrics: [{ metrics: [{} as never] }] } }, 'ok'],
  ),
  ...of(metrics.getMetrics, ['nothing at all', {}, 'ok']),
  ...of(metrics.clearMetrics, ['nothing at all', {}, 'ok']),
  ...[journal.getQuorumInfo, journal.removeQuorumServer, journal.transferLeadership, journal.resetPriorities].flatMap((method) =>
    of(method as Method<object, unknown>, [
      'there is no quorum',
      {},
      'internal',
      'Quorum operations are supported for journal type: EMBEDDED',
    ]),
  ),
  ...of(journal.getTransferLeaderMessage, [
    'there is no quorum',
    {} as never,
    'internal',
    'Quorum operations are supported for journal type: EMBEDDED',
  ]),
  ...of(journal.getNodeState, ['nothing at all', {}, 'ok']),
];

export const CASES: readonly Case[] = [
  ...badPaths,
  ...making,
  ...moving,
  ...describing,
  ...looking,
  ...mounts,
  ...syncing,
  ...jobCases,
  ...asked,
  ...blockCalls,
  ...metaCalls,
  ...ownCalls,
  ...cacheCalls,
];
