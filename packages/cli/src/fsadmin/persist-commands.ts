// Declarations of the commands that stop persistence and let it go on.
import type { GroupSpec } from '../command-spec.js';

const mountArgument = { name: '<mount>', doc: 'a mount point' };

export const persistGroup: GroupSpec = {
  name: 'persist',
  summary: 'stop writing from the cache to a store, and let it go on',
  commands: [
    {
      name: 'pause',
      summary: 'write nothing from the cache to the store of a mount',
      description:
        'Write nothing from the cache to the store of a mount until it is resumed. What waits is never given up; ' +
        '`alluvium fs persist --status` shows it.',
      args: [mountArgument],
      options: [{ flags: '--reason <text>', doc: 'told to who asks why nothing is persisted' }],
      example: 'alluvium fsadmin persist pause /data --reason "disks are being changed"',
      load: async () => (await import('./persist.js')).pausePersist,
    },
    {
      name: 'resume',
      summary: 'write to the store of a mount again',
      args: [mountArgument],
      example: 'alluvium fsadmin persist resume /data',
      load: async () => (await import('./persist.js')).resumePersist,
    },
  ],
};
