// Declarations of the commands that look at and change the tree of names.
import { changesValue, sequenceValue } from '../parse-values.js';
import type { CommandSpec } from '../command-spec.js';
import { idValue } from '../parse-values.js';
import { propertyName } from './ls-order.js';

export const treeCommands: readonly CommandSpec[] = [
  {
    name: 'ls',
    summary: 'list directories',
    description:
      'List directories: permissions, owner, group, size (of a directory: how many children), persistence, time of the last change, ' +
      'how much is cached, path.',
    args: [{ name: '[path...]', doc: 'what to list', default: ['/'] }],
    options: [
      { flags: '-R, --recursive', doc: 'everything below too' },
      { flags: '-d, --directory', doc: 'a directory itself instead of what is in it' },
      { flags: '-h, --human', doc: 'sizes as 5.86KB' },
      { flags: '-r, --reverse', doc: 'the other way round; with --sort only' },
      { flags: '--sort <by>', doc: 'order', choices: propertyName.sort },
      { flags: '--timestamp <time>', doc: 'which time to show', choices: propertyName.time, default: 'lastModificationTime' },
      { flags: '-p, --pinned', doc: 'pinned ones only' },
      { flags: '-f, --force', doc: 'look into the store even when the directory is known already' },
      { flags: '-m, --omit-mount-info', doc: 'do not work out where files are in their stores: quicker' },
    ],
    json: true,
    example: 'alluvium fs ls -R /data',
    load: async () => (await import('./ls.js')).ls,
  },
  {
    name: 'mkdir',
    summary: 'make directories, with their parents',
    args: [{ name: '<path...>', doc: 'directories to make' }],
    options: [{ flags: '-p, --parents', doc: 'an existing directory is no error' }],
    example: 'alluvium fs mkdir /data/2026/raw',
    load: async () => (await import('./mkdir.js')).mkdir,
  },
  {
    name: 'touch',
    summary: 'make empty files',
    args: [{ name: '<path...>', doc: 'files to make; one that exists is an error' }],
    example: 'alluvium fs touch /data/_SUCCESS',
    load: async () => (await import('./touch.js')).touch,
  },
  {
    name: 'mv',
    summary: 'rename or move a file or directory',
    description: 'Rename or move a file or directory. Nothing is replaced: the destination must not exist. Both must be in one store.',
    args: [
      { name: '<from>', doc: 'what to move' },
      { name: '<to>', doc: 'its new path' },
    ],
    example: 'alluvium fs mv /data/new /data/2026',
    load: async () => (await import('./mv.js')).mv,
  },
  {
    name: 'rm',
    summary: 'remove files and directories, also from the store',
    args: [{ name: '<path...>', doc: 'what to remove' }],
    options: [
      { flags: '-R, --recursive', doc: 'directories too, with everything below' },
      { flags: '-r', doc: 'as -R', hidden: true },
      { flags: '--alluxioOnly', doc: 'from the cluster only: the store keeps its files' },
      { flags: '-U', doc: 'do not look first whether the store has more below a directory than is known' },
      {
        flags: '-m, --deleteMountPoint',
        doc: 'mount points below too, and with them what is in their stores, unless --alluxioOnly; unmount leaves the stores alone',
      },
      { flags: '-s', doc: 'the next look at the directory above asks the store' },
    ],
    example: 'alluvium fs rm -R /data/old',
    load: async () => (await import('./rm.js')).rm,
  },
  {
    name: 'stat',
    summary: 'show what is known of a file or directory',
    description:
      'Show what is known of a file or directory, its blocks and where they are.\n\n' +
      'In a format, %N is the name, %z the size in bytes, %u the owner, %g the group, %i the file id, %b the number of blocks, ' +
      '%y the time of the last change in UTC and %Y the same in milliseconds since 1970.',
    args: [{ name: '[path...]', doc: 'what to look at', default: [] }],
    options: [
      { flags: '-f, --format <format>', doc: 'print this, with the letters above filled in' },
      { flags: '--file-id <id>', doc: 'what has this id, instead of a path', parse: idValue },
      { flags: '--cache', doc: 'block by block where a file is cached, how it is read, or why it is not cached' },
    ],
    json: true,
    example: "alluvium fs stat -f '%N %z' /data/a.parquet",
    load: async () => (await import('./stat.js')).stat,
  },
  {
    name: 'du',
    summary: 'show sizes of files, and how much of them is cached',
    args: [{ name: '<path...>', doc: 'files and directories' }],
    options: [
      { flags: '-h, --human', doc: 'sizes as 5.86KB' },
      { flags: '-s, --summarize', doc: 'one sum for each path' },
      { flags: '-m, --memory', doc: 'also how much is in memory' },
      { flags: '-g, --workers', doc: 'also how much each worker has' },
    ],
    json: true,
    example: 'alluvium fs du -h -s /data',
    load: async () => (await import('./du.js')).du,
  },
  {
    name: 'count',
    summary: 'count files, directories and bytes',
    args: [{ name: '<path...>', doc: 'what to count below' }],
    options: [{ flags: '-h, --human', doc: 'sizes as 5.86KB' }],
    json: true,
    example: 'alluvium fs count /data',
    load: async () => (await import('./count.js')).count,
  },
  {
    name: 'test',
    summary: 'answer a question about a path by the exit code',
    description: 'Answer a question about a path by the exit code: 0 yes, 1 no, 3 nothing is there.',
    args: [{ name: '<path>', doc: 'what to look at' }],
    options: [
      { flags: '-d', doc: 'is it a directory?' },
      { flags: '-f', doc: 'is it a file?' },
      { flags: '-e', doc: 'is it there?' },
      { flags: '-s', doc: 'is it a directory with something in it, or a file with bytes?' },
      { flags: '-z', doc: 'is it a file without bytes?' },
    ],
    example: 'alluvium fs test -d /data && echo yes',
    load: async () => (await import('./test.js')).test,
  },
  {
    name: 'location',
    summary: 'show which workers hold the blocks of a file',
    args: [{ name: '<path...>', doc: 'files' }],
    json: true,
    example: 'alluvium fs location /data/a.parquet',
    load: async () => (await import('./location.js')).location,
  },
  {
    name: 'watch',
    summary: 'print changes of files and directories as they happen',
    description:
      'Print what is made, completed, changed, renamed and removed at or below a path, in order, until it is interrupted. The first ' +
      'column is the sequence of the change: --after goes on from there. With --json each change is a document on a line of its own.',
    args: [{ name: '<path>', doc: 'what to watch; it need not be there yet' }],
    options: [
      { flags: '--after <sequence>', doc: 'begin with what came after this change, as far as it is kept', parse: sequenceValue },
      { flags: '--children', doc: 'only the path itself and its direct children' },
      { flags: '-n, --count <changes>', doc: 'end after so many changes', parse: changesValue },
    ],
    json: true,
    example: 'alluvium fs watch /data',
    load: async () => (await import('./watch.js')).watch,
  },
];
