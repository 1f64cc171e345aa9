// Declarations of the commands that change attributes, and where the bytes of a file are kept.
import type { CommandSpec, OptionSpec } from '../command-spec.js';
import { aclEntriesValue, aclNamesValue } from '../acl-entries.js';
import { modeChangeValue } from '../mode-change.js';
import { copiesValue, countValue, durationValue, mostCopiesValue, queueLimitValue, ownerValue } from '../parse-values.js';

const recursiveOption: OptionSpec = { flags: '-R, --recursive', doc: 'everything below too' };
const pathsArgument = { name: '<path...>', doc: 'files and directories' };

const ownership: readonly CommandSpec[] = [
  {
    name: 'chmod',
    summary: 'change permissions',
    args: [{ name: '<mode>', doc: 'three octal digits, or letters: u+x,g-w,o=', parse: modeChangeValue }, pathsArgument],
    options: [recursiveOption],
    example: 'alluvium fs chmod -R g+rX,o= /data',
    load: async () => (await import('./chmod.js')).chmod,
  },
  {
    name: 'chown',
    summary: 'change the owner, and the group',
    args: [{ name: '<owner>', doc: 'user or user:group', parse: ownerValue }, pathsArgument],
    options: [recursiveOption],
    example: 'alluvium fs chown -R etl:analysts /data',
    load: async () => (await import('./chown.js')).chown,
  },
  {
    name: 'chgrp',
    summary: 'change the group',
    args: [{ name: '<group>', doc: 'its name' }, pathsArgument],
    options: [recursiveOption],
    example: 'alluvium fs chgrp analysts /data',
    load: async () => (await import('./chgrp.js')).chgrp,
  },
];

const accessLists: readonly CommandSpec[] = [
  {
    name: 'getfacl',
    summary: 'print access control lists',
    args: [pathsArgument],
    json: true,
    example: 'alluvium fs getfacl /data',
    load: async () => (await import('./getfacl.js')).getfacl,
  },
  {
    name: 'setfacl',
    summary: 'change access control lists',
    description:
      'Change access control lists.\n\n' +
      'An entry is user:NAME:rwx, group:NAME:r-x, mask::rw-, or, without a name, what owner, group and others may: user::rwx, ' +
      'group::r-x, other::---. With default: in front, or -d, it is one that new files and directories below begin with. ' +
      'The mask limits named users and groups and the owning group; it is computed when none is given.',
    args: [pathsArgument],
    options: [
      { flags: '-d, --default', doc: 'the entries are default entries' },
      { flags: '-R, --recursive', doc: 'everything below too; default entries on directories only' },
      { flags: '--set <entries>', doc: 'replace all; owner, group and others have to be among them', parse: aclEntriesValue },
      { flags: '-m, --modify <entries>', doc: 'add or change entries', parse: aclEntriesValue },
      { flags: '-x, --remove <entries>', doc: 'remove entries of users and groups: user:NAME', parse: aclNamesValue },
      { flags: '-b, --remove-all', doc: 'remove everything but owner, group and others' },
      { flags: '-k, --remove-default', doc: 'remove the default entries' },
    ],
    example: 'alluvium fs setfacl -R -m user:etl:rwx,default:user:etl:rwx /data',
    load: async () => (await import('./setfacl.js')).setfacl,
  },
];

const timeToLive: readonly CommandSpec[] = [
  {
    name: 'setTtl',
    summary: 'set what happens to a file or directory after a time',
    description:
      'Set what happens to a file or directory after a time.\n\n' +
      'The action has to be said, because the wrong one loses data: delete removes the file from the cluster AND from the store ' +
      '(in Alluxio it is what happens when nothing is said); free only removes the cached copy, the store keeps the file. ' +
      'On a terminal a missing --action is asked for.',
    args: [
      { name: '<path>', doc: 'a file or directory' },
      { name: '<time>', doc: 'how long it lives: 1h, 7d, 1500 (milliseconds)', parse: durationValue },
    ],
    options: [
      {
        flags: '--action <action>',
        doc: 'delete: also from the store; free: the cached copy only; delete_alluxio: here, the store keeps it',
        parse: (text) => text.toLowerCase(),
      },
    ],
    example: 'alluvium fs setTtl --action free /data/tmp 7d',
    load: async () => (await import('./set-ttl.js')).setTtl,
  },
  {
    name: 'unsetTtl',
    summary: 'let files and directories live for ever',
    args: [pathsArgument],
    example: 'alluvium fs unsetTtl /data/tmp',
    load: async () => (await import('./unset-ttl.js')).unsetTtl,
  },
];

const caching: readonly CommandSpec[] = [
  {
    name: 'pin',
    summary: 'keep files in the cache once they are there',
    description:
      'Keep files in the cache once they are there, and what comes below a directory later.\n\n' +
      'MEM, SSD and HDD after the paths say on what the copies are to be.',
    args: [{ name: '<path...>', doc: 'files and directories; behind them MEM, SSD, HDD' }],
    example: 'alluvium fs pin /data/dimensions SSD',
    load: async () => (await import('./pin.js')).pin,
  },
  {
    name: 'unpin',
    summary: 'let files leave the cache again',
    args: [pathsArgument],
    example: 'alluvium fs unpin /data/dimensions',
    load: async () => (await import('./pin.js')).unpin,
  },
  {
    name: 'setReplication',
    summary: 'set how many copies of files the cache has',
    description:
      'Set how many copies of files the cache has, at least and at most.\n\n' +
      'A file that must have a copy is pinned, and one that need not have any is not. A directory: for all files below it.',
    args: [pathsArgument],
    options: [
      { flags: '--min <count>', doc: 'at least so many', parse: copiesValue },
      { flags: '--max <count>', doc: 'at most so many; -1: as many as it comes', parse: mostCopiesValue },
      recursiveOption,
    ],
    example: 'alluvium fs setReplication --min 1 --max 3 /data/dimensions',
    load: async () => (await import('./set-replication.js')).setReplication,
  },
  {
    name: 'persist',
    summary: 'write files that are only cached to the store, and wait until they are there',
    description:
      'Write files that are only cached to the store, and wait until they are there.\n\n' +
      'With --status: show what waits to be persisted at or below a path, the oldest first, with its age, failed attempts, the next ' +
      'try and the last error; and files whose bytes are lost.',
    args: [{ name: '[path...]', doc: 'files and directories; all of the cluster with --status' }],
    options: [
      { flags: '-w, --wait <time>', doc: 'begin after this time', parse: durationValue },
      { flags: '--no-wait', doc: 'ask for it and go' },
      { flags: '-p, --parallelism <count>', doc: 'files at a time', parse: countValue, default: 4 },
      {
        flags: '-t, --timeout <time>',
        doc: 'how long to wait for one file',
        parse: durationValue,
        default: 20 * 60_000,
        defaultText: '20min',
      },
      { flags: '--status', doc: 'show what waits to be persisted' },
      { flags: '--limit <count>', doc: 'with --status: how many files', parse: queueLimitValue, default: 100 },
    ],
    json: true,
    example: 'alluvium fs persist /data/new',
    load: async () => (await import('./persist.js')).persist,
  },
  {
    name: 'free',
    summary: 'remove cached copies; the store keeps the files',
    args: [pathsArgument],
    options: [{ flags: '-f, --force', doc: 'pinned files too' }],
    example: 'alluvium fs free /data/2025',
    load: async () => (await import('./free.js')).free,
  },
];

export const attributeCommands: readonly CommandSpec[] = [...ownership, ...accessLists, ...timeToLive, ...caching];
