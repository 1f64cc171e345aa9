// Declarations of the commands that bring stores into the namespace.
import type { CommandSpec, OptionSpec } from '../command-spec.js';
import { propertyValue } from '../parse-values.js';

const mountOptions: readonly OptionSpec[] = [
  { flags: '--readonly', doc: 'nothing may be changed through it' },
  { flags: '--shared', doc: 'everybody has the permissions of the owner' },
  { flags: '--option <name=value>', doc: 'a property of the store, such as its credentials; may be repeated', parse: propertyValue },
];

export const mountCommands: readonly CommandSpec[] = [
  {
    name: 'mount',
    summary: 'show a store as a directory; without arguments: list what is mounted',
    args: [
      { name: '[path]', doc: 'where it is to appear; must not exist yet' },
      { name: '[uri]', doc: 'a store: s3://bucket/prefix, file:///data' },
    ],
    options: mountOptions,
    json: true,
    example: 'alluvium fs mount --readonly /logs s3://bucket/logs',
    load: async () => (await import('./mount.js')).mount,
  },
  {
    name: 'updateMount',
    summary: 'give a mounted store other options',
    description: 'Give a mounted store other options.\n\nThey replace all that it had: what is not said again is gone.',
    args: [{ name: '<path>', doc: 'a mount point; not /' }],
    options: mountOptions,
    example: 'alluvium fs updateMount --readonly --option aws.secretKey=KEY /logs',
    load: async () => (await import('./update-mount.js')).updateMount,
  },
  {
    name: 'unmount',
    summary: 'take a store out of the namespace; its files stay',
    args: [{ name: '<path...>', doc: 'mount points' }],
    example: 'alluvium fs unmount /logs',
    load: async () => (await import('./unmount.js')).unmount,
  },
];
