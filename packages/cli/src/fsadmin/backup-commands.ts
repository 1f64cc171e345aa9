// Declarations of the commands about backups.
import type { CommandSpec } from '../command-spec.js';

export const backupCommands: readonly CommandSpec[] = [
  {
    name: 'backup',
    summary: 'write what the master knows to a file, while it serves',
    description:
      'Write what the master knows to a file, while it serves: names, attributes, mounts with their credentials, settings of paths; not ' +
      'the bytes of files. The file is one that Alluxio 2.9.4 reads too. A cluster is made from it by `alluvium start --from-backup`.\n\n' +
      'The directory is an absolute path of the root store, or the URI of a directory in any store (s3://bucket/backups). The backup ' +
      'goes on when this command is interrupted.',
    args: [{ name: '[directory]', doc: 'where; the default of the cluster when absent' }],
    options: [
      { flags: '--local', doc: "on the disk of the master's machine; the directory is a path there" },
      { flags: '-a, --async', doc: 'do not wait: print the id of the backup' },
      { flags: '--allow-leader', doc: 'accepted: there is no other master that could do it', hidden: true },
      { flags: '--bypass-delegation', doc: 'accepted: as --allow-leader', hidden: true },
    ],
    json: true,
    example: 'alluvium fsadmin backup s3://backups/cluster1',
    load: async () => (await import('./backup.js')).backup,
  },
  {
    name: 'backups',
    summary: 'list backups: of late, the one that is being written, and when the next one is',
    json: true,
    example: 'alluvium fsadmin backups',
    load: async () => (await import('./backup.js')).backups,
  },
];
