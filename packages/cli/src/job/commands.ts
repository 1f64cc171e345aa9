// Declarations of the commands about jobs.
import type { CommandSpec, GroupSpec, OptionSpec } from '../command-spec.js';
import { countValue, idValue, sizeValue } from '../parse-values.js';

const KINDS = ['load', 'free', 'copy', 'move', 'persist', 'replicate', 'migrate'] as const;
const WRITE_TYPES = ['MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH'] as const;

const follow: OptionSpec = { flags: '-f, --follow', doc: 'show how far it is until it has ended; Ctrl-C leaves it running' };
const bandwidth: OptionSpec = { flags: '--bandwidth <bytes>', doc: 'at most so many bytes a second: 100MB', parse: sizeValue };
const verify: OptionSpec = { flags: '--verify', doc: 'look again when all is done, and do what is missing' };
const writeType: OptionSpec = {
  flags: '--write-type <type>',
  doc: 'where the copies go (ASYNC_THROUGH unless told)',
  choices: WRITE_TYPES,
};
const path = { name: '<path>', doc: 'a file, or a directory with all that is below' };
const fromTo = [path, { name: '<target>', doc: 'what it becomes' }];
const id = { name: '<id>', doc: 'as alluvium job ls shows it', parse: idValue };

export const jobCommands: GroupSpec = {
  name: 'job',
  summary: 'jobs: work on many files that the cluster does by itself, and goes on with after a restart',
  commands: [
    {
      name: 'ls',
      summary: 'list the jobs',
      options: [
        { flags: '--all', doc: 'those that have ended within a day, too' },
        { flags: '--kind <kind>', doc: 'one kind only', choices: KINDS },
      ],
      json: true,
      example: 'alluvium job ls --all',
      load: async () => (await import('./jobs.js')).list,
    },
    {
      name: 'stat',
      summary: 'show how far a job is, and which files failed',
      args: [id],
      options: [follow],
      json: true,
      example: 'alluvium job stat 1795280296324',
      load: async () => (await import('./jobs.js')).stat,
    },
    {
      name: 'cancel',
      summary: 'end a job; what it has done stays done',
      args: [id],
      json: true,
      example: 'alluvium job cancel 1795280296324',
      load: async () => (await import('./jobs.js')).cancel,
    },
    {
      name: 'update',
      summary: 'change the limits of a job that runs',
      args: [id],
      options: [bandwidth, { flags: '--no-limit', doc: 'no limit of bytes a second' }, verify],
      example: 'alluvium job update 1795280296324 --bandwidth 50MB',
      load: async () => (await import('./jobs.js')).update,
    },
  ],
};

export const submitCommands: GroupSpec = {
  name: 'submit',
  summary: 'begin a job',
  commands: [
    {
      name: 'load',
      summary: 'bring what is in a store into the cache',
      args: [path],
      options: [bandwidth, verify, follow],
      json: true,
      example: 'alluvium job submit load /data --bandwidth 200MB --follow',
      load: async () => (await import('./submit.js')).submitLoad,
    },
    {
      name: 'copy',
      summary: 'copy files within the cluster, also from one store to another',
      args: fromTo,
      options: [{ flags: '--overwrite', doc: 'replace files that are there' }, writeType, bandwidth, verify, follow],
      json: true,
      example: 'alluvium job submit copy /data /backup/data --write-type CACHE_THROUGH --follow',
      load: async () => (await import('./submit.js')).submitCopy,
    },
    {
      name: 'move',
      summary: 'copy files, and remove each source when its copy is safe',
      args: fromTo,
      options: [{ flags: '--overwrite', doc: 'replace files that are there' }, writeType, bandwidth, follow],
      json: true,
      example: 'alluvium job submit move /data /archive/data --follow',
      load: async () => (await import('./submit.js')).submitMove,
    },
    {
      name: 'free',
      summary: 'drop cached copies of what is in a store',
      args: [path],
      options: [{ flags: '--force', doc: 'of pinned files, too, which are pinned no longer' }, follow],
      json: true,
      example: 'alluvium job submit free /data/old',
      load: async () => (await import('./submit.js')).submitFree,
    },
    {
      name: 'persist',
      summary: 'bring what is in the cache alone to its store',
      args: [path],
      options: [follow],
      json: true,
      example: 'alluvium job submit persist /data --follow',
      load: async () => (await import('./submit.js')).submitPersist,
    },
    {
      name: 'replicate',
      summary: 'make copies of each block, until there are as many as wanted',
      args: [path],
      options: [{ flags: '--copies <n>', doc: 'of each block', parse: countValue, mandatory: true }, bandwidth, verify, follow],
      json: true,
      example: 'alluvium job submit replicate /data/hot --copies 3',
      load: async () => (await import('./submit.js')).submitReplicate,
    },
    {
      name: 'migrate',
      summary: 'move cached copies to another medium of their workers',
      args: [path],
      options: [{ flags: '--medium <medium>', doc: 'where to', choices: ['MEM', 'SSD', 'HDD'], mandatory: true }, verify, follow],
      json: true,
      example: 'alluvium job submit migrate /data/warm --medium SSD',
      load: async () => (await import('./submit.js')).submitMigrate,
    },
  ],
};

const accepted: readonly OptionSpec[] = [
  { flags: '--active-jobs <n>', doc: 'accepted; the cluster has its own limits', hidden: true },
  { flags: '--batch-size <n>', doc: 'accepted; files are not sent in batches', hidden: true },
];
const async: OptionSpec = { flags: '--async', doc: 'do not wait: print the id of the job' };
const overwrite: OptionSpec = {
  flags: '--overwrite <whether>',
  doc: 'whether files that are there are replaced (true unless told)',
  choices: ['true', 'false'],
};

/** Of Alluxio's fs. */
export const fsJobCommands: readonly CommandSpec[] = [
  {
    name: 'load',
    summary: 'bring what is in a store into the cache, as a job',
    description:
      'Bring what is in a store into the cache, as a job that goes on by itself. Without --submit this command shows how far it is.',
    args: [path],
    options: [
      { flags: '--submit', doc: 'do not wait' },
      { flags: '--progress', doc: 'show how far the load of the path is' },
      { flags: '--stop', doc: 'end the load of the path' },
      bandwidth,
      verify,
      { flags: '--partial-listing', doc: 'accepted; directories are always listed in pieces', hidden: true },
      { flags: '--local', doc: 'accepted; the cluster chooses the workers', hidden: true },
      { flags: '--format <format>', doc: 'of --progress', choices: ['TEXT', 'JSON'] },
      { flags: '--verbose', doc: 'with --progress: files that failed, with their reasons' },
    ],
    json: true,
    example: 'alluvium fs load /data --bandwidth 200MB --verify',
    load: async () => (await import('./fs-load.js')).load,
  },
  {
    name: 'distributedLoad',
    summary: 'bring what is in a store into the cache, several copies if told to',
    args: [path],
    options: [{ flags: '--replication <n>', doc: 'copies of each block', parse: countValue }, async, ...accepted],
    json: true,
    example: 'alluvium fs distributedLoad --replication 2 /data',
    load: async () => (await import('./fs-load.js')).distributedLoad,
  },
  {
    name: 'distributedCp',
    summary: 'copy files within the cluster, as a job',
    args: fromTo,
    options: [overwrite, writeType, async, ...accepted],
    json: true,
    example: 'alluvium fs distributedCp /data /copy',
    load: async () => (await import('./fs-load.js')).distributedCp,
  },
  {
    name: 'distributedMv',
    summary: 'move files within the cluster, as a job',
    args: fromTo,
    options: [overwrite, writeType, async, ...accepted],
    json: true,
    example: 'alluvium fs distributedMv /data /archive',
    load: async () => (await import('./fs-load.js')).distributedMv,
  },
];
