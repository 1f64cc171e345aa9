// Declarations of the commands that change the configuration of a cluster while it runs.
import type { CommandSpec, GroupSpec } from '../command-spec.js';
import { propertyValue } from '../parse-values.js';
import { cachePolicyGroup } from './cache-policy-commands.js';

const pathArgument = { name: '<path>', doc: 'for everything at and below it' };

export const configurationCommands: readonly CommandSpec[] = [
  {
    name: 'ufs',
    summary: 'set what the master may do with a store, while it is being maintained',
    description:
      'Set what the master may do with a store, while it is being maintained.\n\n' +
      'noAccess: it is not asked. readOnly: nothing is changed in it; what waits to be persisted there waits on. readWrite: everything.',
    args: [{ name: '<uri>', doc: 'the whole store: s3://bucket/, or / for all local directories' }],
    options: [{ flags: '--mode <mode>', doc: 'noAccess, readOnly or readWrite', mandatory: true, parse: (text) => text.toLowerCase() }],
    example: 'alluvium fsadmin ufs --mode readOnly s3://bucket/',
    load: async () => (await import('./ufs.js')).ufs,
  },
  {
    name: 'updateConf',
    summary: 'change properties of the master until it ends',
    args: [{ name: '<name=value...>', doc: 'properties that may change while it runs: docs/CONFIG.md names them' }],
    example: 'alluvium fsadmin updateConf alluxio.user.file.metadata.sync.interval=1min',
    load: async () => (await import('./update-conf.js')).updateConf,
  },
];

export const configurationGroups: readonly GroupSpec[] = [
  cachePolicyGroup,
  {
    name: 'pathConf',
    summary: 'let clients have other properties for some paths',
    commands: [
      {
        name: 'list',
        summary: 'list the paths that have properties of their own',
        json: true,
        example: 'alluvium fsadmin pathConf list',
        load: async () => (await import('./path-conf.js')).listPathConf,
      },
      {
        name: 'show',
        summary: 'show the properties of a path',
        args: [{ name: '<path>', doc: 'a path of the cluster' }],
        options: [{ flags: '--all', doc: 'also those that it has from paths above it' }],
        json: true,
        example: 'alluvium fsadmin pathConf show --all /data/tmp',
        load: async () => (await import('./path-conf.js')).showPathConf,
      },
      {
        name: 'add',
        summary: 'set properties of a path',
        args: [pathArgument],
        options: [
          { flags: '--property <name=value>', doc: 'a property of clients; may be repeated', mandatory: true, parse: propertyValue },
        ],
        example: 'alluvium fsadmin pathConf add --property alluxio.user.file.writetype.default=THROUGH /data/tmp',
        load: async () => (await import('./path-conf.js')).addPathConf,
      },
      {
        name: 'remove',
        summary: 'take properties from a path',
        args: [pathArgument],
        options: [{ flags: '--keys <names>', doc: 'these alone, with commas', parse: (text) => text.split(',') }],
        example: 'alluvium fsadmin pathConf remove --keys alluxio.user.file.writetype.default /data/tmp',
        load: async () => (await import('./path-conf.js')).removePathConf,
      },
    ],
  },
];
