// Declarations of the commands about the cluster that Alluxio's fs has: its masters, its space, its work in progress.
import type { CommandSpec } from '../command-spec.js';
import { idValue } from '../parse-values.js';

const place: readonly CommandSpec[] = [
  {
    name: 'leader',
    summary: 'print the host of the leading master',
    json: true,
    example: 'alluvium fs leader',
    load: async () => (await import('./master-info.js')).leader,
  },
  {
    name: 'masterInfo',
    summary: 'print the leading master and all masters',
    json: true,
    example: 'alluvium fs masterInfo',
    load: async () => (await import('./master-info.js')).masterInfo,
  },
  {
    name: 'getCapacityBytes',
    summary: 'print how many bytes the workers can hold',
    json: true,
    example: 'alluvium fs getCapacityBytes',
    load: async () => (await import('./capacity-bytes.js')).getCapacityBytes,
  },
  {
    name: 'getUsedBytes',
    summary: 'print how many bytes the workers hold',
    json: true,
    example: 'alluvium fs getUsedBytes',
    load: async () => (await import('./capacity-bytes.js')).getUsedBytes,
  },
  {
    name: 'freeWorker',
    summary: 'drop all blocks of a worker; what is in no other place is lost',
    args: [{ name: '<host>', doc: 'the host of the worker' }],
    example: 'alluvium fs freeWorker worker3',
    load: async () => (await import('./free-worker.js')).freeWorker,
  },
];

/** Where Alluxio 2.10 has it; 2.9 has it in fsadmin. */
const decommission: CommandSpec = {
  name: 'decommissionWorker',
  summary: 'take workers out of service, as alluvium fsadmin decommissionWorker',
  options: [{ flags: '-h, --addresses <hosts>', doc: 'host or host:webPort, several with commas', mandatory: true }],
  example: 'alluvium fs decommissionWorker -h worker3',
  hidden: true,
  load: async () => (await import('../fsadmin/decommission-worker.js')).decommissionWorker,
};

const following: readonly CommandSpec[] = [
  {
    name: 'startSync',
    summary: 'follow the changes of a store that tells of them',
    args: [{ name: '<path>', doc: 'a directory' }],
    example: 'alluvium fs startSync /data',
    load: async () => (await import('./sync-points.js')).startSync,
  },
  {
    name: 'stopSync',
    summary: 'follow the changes of a store no longer',
    args: [{ name: '<path>', doc: 'a directory that is followed' }],
    example: 'alluvium fs stopSync /data',
    load: async () => (await import('./sync-points.js')).stopSync,
  },
  {
    name: 'getSyncPathList',
    summary: 'list the directories that are followed',
    json: true,
    example: 'alluvium fs getSyncPathList',
    load: async () => (await import('./sync-points.js')).getSyncPathList,
  },
];

const work: readonly CommandSpec[] = [
  {
    name: 'tasks',
    summary: 'list the work that takes long: syncs, recursive operations',
    options: [
      { flags: '--all', doc: 'what has ended lately too' },
      { flags: '--kind <kind>', doc: 'one kind only: sync, remove, setAttribute, ...' },
    ],
    json: true,
    example: 'alluvium fs tasks --all',
    load: async () => (await import('./tasks.js')).tasks,
  },
  {
    name: 'task',
    summary: 'show how far a task is, and what came of each directory',
    args: [{ name: '<id>', doc: 'as alluvium fs tasks shows it', parse: idValue }],
    json: true,
    example: 'alluvium fs task 7',
    load: async () => (await import('./tasks.js')).task,
  },
  {
    name: 'cancel',
    summary: 'end a task; what it has done stays done',
    args: [{ name: '<id>', doc: 'as alluvium fs tasks shows it', parse: idValue }],
    example: 'alluvium fs cancel 7',
    load: async () => (await import('./tasks.js')).cancel,
  },
];

export const clusterCommands: readonly CommandSpec[] = [...place, decommission, ...following, ...work];
