// Declarations of the commands for those who run the cluster; names and options are those of Alluxio's fsadmin.
import type { CommandSpec, GroupSpec, OptionSpec } from '../command-spec.js';
import { countValue, idValue, rateValue } from '../parse-values.js';
import { backupCommands } from './backup-commands.js';
import { configurationCommands, configurationGroups } from './configuration-commands.js';
import { persistGroup } from './persist-commands.js';

const addressesOption: OptionSpec = {
  flags: '--addresses <hosts>',
  doc: 'host or host:webPort, several with commas',
  mandatory: true,
};

const telling: readonly CommandSpec[] = [
  {
    name: 'report',
    summary: 'tell how the cluster is',
    description:
      'Tell how the cluster is: summary, capacity (of each worker), metrics, cache (hits and misses), ufs (stores that are mounted), persist (what waits to be written to them), proxy.\n\n' +
      'The options choose workers for capacity: those that live, those that were lost, those on hosts that are named.',
    args: [{ name: '[category]', doc: 'summary, capacity, metrics, cache, ufs, persist or proxy', default: 'summary' }],
    options: [
      { flags: '--live', doc: 'capacity: workers that live' },
      { flags: '--lost', doc: 'capacity: workers that were lost' },
      { flags: '--decommissioned', doc: 'capacity: workers that were taken out of service' },
      { flags: '--workers <hosts>', doc: 'capacity: workers on these hosts, with commas' },
    ],
    json: true,
    example: 'alluvium fsadmin report capacity --live',
    load: async () => (await import('./report.js')).report,
  },
  {
    name: 'doctor',
    summary: 'tell what is wrong: servers configured differently, lost storage, damage of the namespace',
    description:
      'Tell what is wrong: servers configured differently, lost storage, damage of the namespace. Exits with 1 when anything is.\n\n' +
      'The namespace is examined while it is served, as a task that Ctrl-C ends; super users may do that.',
    args: [{ name: '[category]', doc: 'configuration, storage or namespace; all when absent' }],
    options: [
      { flags: '--repair', doc: 'mend what is wrong in the namespace, as far as that can be done while it is served' },
      { flags: '-r, --rate <checks>', doc: 'look at so many inodes, names and blocks each second', parse: rateValue },
    ],
    json: true,
    example: 'alluvium fsadmin doctor namespace --repair',
    load: async () => (await import('./doctor.js')).doctor,
  },
  {
    name: 'getBlockInfo',
    summary: 'show a block, where it is, and the file it belongs to',
    args: [{ name: '<blockId>', doc: 'its id', parse: idValue }],
    json: true,
    example: 'alluvium fsadmin getBlockInfo 16793993216',
    load: async () => (await import('./get-block-info.js')).getBlockInfo,
  },
  {
    name: 'statelock',
    summary: 'show which operations hold paths or wait for them',
    json: true,
    example: 'alluvium fsadmin statelock',
    load: async () => (await import('./statelock.js')).statelock,
  },
  {
    name: 'locks',
    summary: 'show the same as a table: path, mode, operation, user and since when',
    json: true,
    example: 'alluvium fsadmin locks --json',
    load: async () => (await import('./locks.js')).locks,
  },
];

const workers: readonly CommandSpec[] = [
  {
    name: 'decommissionWorker',
    summary: 'take workers out of service',
    description:
      'Take workers out of service: nobody is sent there any more, except for blocks that nobody else has. ' +
      'A worker comes back when it registers, which it does when it is started again, unless --disable is given.',
    options: [
      addressesOption,
      { flags: '--disable', doc: 'it may not come back before enableWorker' },
      { flags: '-w, --wait <time>', doc: 'accepted for the sake of scripts', hidden: true },
    ],
    example: 'alluvium fsadmin decommissionWorker --addresses worker3',
    load: async () => (await import('./decommission-worker.js')).decommissionWorker,
  },
  {
    name: 'enableWorker',
    summary: 'let workers come back that were disabled',
    options: [addressesOption],
    example: 'alluvium fsadmin enableWorker --addresses worker3',
    load: async () => (await import('./decommission-worker.js')).enableWorker,
  },
];

export const fsadminCommands: readonly CommandSpec[] = [...telling, ...workers, ...backupCommands, ...configurationCommands];

export const fsadminGroups: readonly GroupSpec[] = [
  ...configurationGroups,
  persistGroup,
  {
    name: 'journal',
    summary: 'work with the journal of the master',
    commands: [
      {
        name: 'checkpoint',
        summary: 'write a checkpoint, so that the next start has little to replay',
        example: 'alluvium fsadmin journal checkpoint',
        load: async () => (await import('./journal-checkpoint.js')).journalCheckpoint,
      },
      {
        name: 'status',
        summary: 'tell how the journal is: whether it takes changes, its checkpoints, the space of its disk',
        json: true,
        example: 'alluvium fsadmin journal status',
        load: async () => (await import('./journal-status.js')).journalStatus,
      },
    ],
  },
  {
    name: 'metrics',
    summary: 'work with what is counted',
    commands: [
      {
        name: 'clear',
        summary: 'set the counters of the master and the workers to 0',
        options: [
          { flags: '--workers <hosts>', doc: 'workers on these hosts, with commas, alone' },
          // After the one with a value, which would else be true when it is absent.
          { flags: '--no-workers', doc: 'the master alone' },
          { flags: '--parallelism <count>', doc: 'workers at a time', parse: countValue, default: 8 },
        ],
        example: 'alluvium fsadmin metrics clear',
        load: async () => (await import('./metrics-clear.js')).metricsClear,
      },
    ],
  },
];
