// Declarations of the commands that print what is in files.
import type { CommandSpec, OptionSpec } from '../command-spec.js';
import { sizeValue } from '../parse-values.js';

const bytesOption: OptionSpec = { flags: '-c, --bytes <size>', doc: 'how much', parse: sizeValue, default: 1024, defaultText: '1KB' };

export const readCommands: readonly CommandSpec[] = [
  {
    name: 'cat',
    summary: 'print what is in files',
    args: [{ name: '<path...>', doc: 'files, printed one after the other' }],
    example: 'alluvium fs cat /data/part-* | wc -l',
    load: async () => (await import('./cat.js')).cat,
  },
  {
    name: 'head',
    summary: 'print the beginning of a file',
    args: [{ name: '<path>', doc: 'a file' }],
    options: [bytesOption],
    example: 'alluvium fs head -c 512 /data/a.csv',
    load: async () => (await import('./head.js')).head,
  },
  {
    name: 'tail',
    summary: 'print the end of a file',
    args: [{ name: '<path>', doc: 'a file' }],
    options: [bytesOption],
    example: 'alluvium fs tail -c 512 /data/a.log',
    load: async () => (await import('./tail.js')).tail,
  },
  {
    name: 'checksum',
    summary: 'print the MD5 of files',
    args: [{ name: '<path...>', doc: 'files' }],
    json: true,
    example: 'alluvium fs checksum /data/a.parquet',
    load: async () => (await import('./checksum.js')).checksum,
  },
];
