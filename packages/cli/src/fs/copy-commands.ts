// Declarations of the commands that copy.
import type { CommandSpec, OptionSpec } from '../command-spec.js';
import { countValue, sizeValue } from '../parse-values.js';

const copyOptions: readonly OptionSpec[] = [
  { flags: '--overwrite', doc: 'replace files that exist' },
  { flags: '--thread <count>', doc: 'files at a time', parse: countValue, default: 4 },
  { flags: '--buffersize <size>', doc: 'accepted for the sake of scripts', parse: sizeValue, hidden: true },
];

const NOTE =
  'Files that exist are left alone unless --overwrite is given. Into a directory that exists, the copy gets the name of its source.';

export const copyCommands: readonly CommandSpec[] = [
  {
    name: 'cp',
    summary: 'copy files and directories, also from and to this machine',
    description: `Copy files and directories within the cluster, or from and to this machine (file:///path).\n\n${NOTE}`,
    args: [{ name: '<path...>', doc: 'what to copy, and as the last one where to' }],
    options: [
      { flags: '-R, --recursive', doc: 'directories too, with everything below' },
      { flags: '-r', doc: 'as -R', hidden: true },
      { flags: '-p, --preserve', doc: 'copies get the owner, group and permissions of what they are copies of; within the cluster' },
      ...copyOptions,
    ],
    example: 'alluvium fs cp -R file:///var/data /data',
    load: async () => (await import('./cp.js')).cp,
  },
  {
    name: 'copyFromLocal',
    summary: 'copy files and directories of this machine into the cluster',
    description: `Copy files and directories of this machine into the cluster; - is standard input.\n\n${NOTE}`,
    args: [{ name: '<path...>', doc: 'what to copy, and as the last one where to in the cluster' }],
    options: copyOptions,
    example: 'alluvium fs copyFromLocal a.parquet /data/',
    load: async () => (await import('./copy-from-local.js')).copyFromLocal,
  },
  {
    name: 'copyToLocal',
    summary: 'copy files and directories of the cluster to this machine',
    description: `Copy files and directories of the cluster to this machine. A file gets its name when it is whole.\n\n${NOTE}`,
    args: [{ name: '<path...>', doc: 'what to copy, and as the last one where to on this machine' }],
    options: copyOptions,
    example: 'alluvium fs copyToLocal /data/a.parquet .',
    load: async () => (await import('./copy-to-local.js')).copyToLocal,
  },
];
