// Declarations of the commands for those who run the cluster; names and options are those of Alluxio's fsadmin.
import type { CommandSpec, GroupSpec, OptionSpec } from '../command-spec.js';
import { countValue, durationValue, idValue, queueLimitValue, rateValue } from '../parse-values.js';
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
      'Tell how the cluster is: summary, capacity (of each worker), metrics, cache (hits and misses), ufs (stores that are mounted), persist (what waits to be written to them), jobservice (jobs), proxy.\n\n' +
      'The options choose workers for capacity: those that live, those that were lost, those on hosts that are named.',
    args: [{ name: '[category]', doc: 'summary, capacity, metrics, cache, ufs, persist, jobservice or proxy', default: 'summary' }],
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

function decommissionCommand(name: string, hidden: boolean): CommandSpec {
  return {
    name,
    hidden,
    summary: 'take workers out of service, once others have what they need of them',
    description:
      'Take workers out of service: nobody is sent there any more to write. They serve what they have until others have the only copies ' +
      'of what is in no store, as many copies as files want, and what is read most; fsadmin replication tells how far they are, enableWorker calls it off. ' +
      'A worker that is through comes back when it registers, which it does when it is started again, unless --disable is given.',
    options: [
      addressesOption,
      { flags: '--disable', doc: 'it may not come back before enableWorker' },
      { flags: '-w, --wait <time>', doc: 'wait so long until it has handed over everything, 5m or 1h', parse: durationValue },
    ],
    example: `alluvium fsadmin ${name} --addresses worker3 --wait 1h`,
    load: async () => (await import('./decommission-worker.js')).decommissionWorker,
  };
}

const workers: readonly CommandSpec[] = [
  {
    name: 'replication',
    summary: 'tell what is done about copies of blocks, and how far drained workers are',
    options: [{ flags: '--limit <count>', doc: 'how many files', parse: queueLimitValue, default: 100 }],
    json: true,
    example: 'alluvium fsadmin replication',
    load: async () => (await import('./replication.js')).replication,
  },
  decommissionCommand('decommissionWorker', false),
  // What it is called elsewhere.
  decommissionCommand('drainWorker', true),
  {
    name: 'enableWorker',
    summary: 'let workers come back that were disabled, or call their drain off',
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
