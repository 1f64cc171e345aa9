// Declarations of the commands that bring stores into the namespace.
import type { CommandSpec } from '../command-spec.js';
import { propertyValue } from '../parse-values.js';

export const mountCommands: readonly CommandSpec[] = [
  {
    name: 'mount',
    summary: 'show a store as a directory; without arguments: list what is mounted',
    args: [
      { name: '[path]', doc: 'where it is to appear; must not exist yet' },
      { name: '[uri]', doc: 'a store: s3://bucket/prefix, file:///data' },
    ],
    options: [
      { flags: '--readonly', doc: 'nothing may be changed through it' },
      { flags: '--shared', doc: 'open to all users' },
      { flags: '--option <name=value>', doc: 'a property of the store, such as its credentials; may be repeated', parse: propertyValue },
    ],
    json: true,
    example: 'alluvium fs mount --readonly /logs s3://bucket/logs',
    load: async () => (await import('./mount.js')).mount,
  },
  {
    name: 'unmount',
    summary: 'take a store out of the namespace; its files stay',
    args: [{ name: '<path...>', doc: 'mount points' }],
    example: 'alluvium fs unmount /logs',
    load: async () => (await import('./unmount.js')).unmount,
  },
];
