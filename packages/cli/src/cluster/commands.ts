// Declarations of the commands that tell about the cluster.
import type { CommandSpec } from '../command-spec.js';

export const clusterCommands: readonly CommandSpec[] = [
  {
    name: 'report',
    summary: 'tell how the cluster is: capacity, workers, master',
    json: true,
    example: 'alluvium report --json',
    load: async () => (await import('./report.js')).report,
  },
  {
    name: 'conf',
    summary: 'show properties, their values and where each value comes from',
    args: [{ name: '[name]', doc: 'a property, or the beginning of several' }],
    options: [
      { flags: '--cluster', doc: 'what the master has, instead of this machine' },
      { flags: '--changed', doc: 'leave out what has its default' },
    ],
    json: true,
    example: 'alluvium conf alluxio.worker',
    load: async () => (await import('./conf.js')).conf,
  },
];
