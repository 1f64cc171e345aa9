// Declarations of the commands that compare what the cluster knows with what the under stores have.
import type { CommandSpec } from '../command-spec.js';
import { idValue, rateValue } from '../parse-values.js';

export const syncCommands: readonly CommandSpec[] = [
  {
    name: 'sync',
    summary: 'compare paths with their stores, and take over what has changed there',
    description:
      'Compare paths with their stores, and take over what has changed there: new files, other contents, owners and modes, and what ' +
      'has gone. What is not persisted yet always stays. A sync is a task of the cluster: this command shows how far it is and ends ' +
      'it when it is interrupted itself, unless it runs in the background.',
    args: [{ name: '[path...]', doc: 'files and directories' }],
    options: [
      { flags: '-R, --recursive', doc: 'everything below, as without --depth' },
      { flags: '-d, --depth <depth>', doc: 'how far below', choices: ['none', 'one', 'all'], default: 'all' },
      { flags: '-n, --dry-run', doc: 'tell what would be done, and do nothing' },
      { flags: '-r, --rate <requests>', doc: 'at most so many requests to the store each second', parse: rateValue },
      { flags: '-b, --background', doc: 'do not wait: print the id of the task' },
      { flags: '--status [id]', doc: 'show syncs of late, or one of them', parse: idValue },
      { flags: '--cancel <id>', doc: 'end a sync; what it has done stays', parse: idValue },
    ],
    json: true,
    example: 'alluvium fs sync --dry-run /data',
    load: async () => (await import('./sync.js')).sync,
  },
  {
    name: 'loadMetadata',
    summary: 'let the cluster know what is in the store',
    args: [{ name: '<path...>', doc: 'files and directories' }],
    options: [
      { flags: '-R, --recursive', doc: 'everything below too' },
      { flags: '-F, --force', doc: 'also what is known already and has changed or gone' },
    ],
    example: 'alluvium fs loadMetadata -R /data',
    load: async () => (await import('./load-metadata.js')).loadMetadata,
  },
  {
    name: 'needsSync',
    summary: 'have the next access to a path look into the store',
    args: [{ name: '<path...>', doc: 'files and directories' }],
    example: 'alluvium fs needsSync /data',
    load: async () => (await import('./needs-sync.js')).needsSync,
  },
  {
    name: 'syncDirNextTime',
    summary: 'say whether the next listing of a directory looks into the store',
    args: [
      { name: '<whether>', doc: 'true or false' },
      { name: '<path...>', doc: 'directories' },
    ],
    example: 'alluvium fs syncDirNextTime true /data',
    load: async () => (await import('./sync-dir-next-time.js')).syncDirNextTime,
  },
  {
    name: 'checkConsistency',
    summary: 'find persisted files that the store does not have as they are known',
    args: [{ name: '<path>', doc: 'where to look, with all that is below' }],
    options: [
      { flags: '-r, --repair', doc: 'forget what is missing, and load what has changed' },
      { flags: '-t, --threads <n>', doc: 'accepted; the cluster repairs by one sync', hidden: true },
    ],
    json: true,
    example: 'alluvium fs checkConsistency /data',
    load: async () => (await import('./check-consistency.js')).checkConsistency,
  },
];
