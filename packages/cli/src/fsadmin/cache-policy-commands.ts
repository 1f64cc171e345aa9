// Declarations of the commands that say what is to be kept in the cache.
import type { CommandSpec, GroupSpec } from '../command-spec.js';
import { quotaValue } from '../parse-values.js';

const set: CommandSpec = {
  name: 'set',
  summary: 'say how much of a path may be cached, and what of it goes first',
  description:
    'Say how much of a path may be cached, and what of it goes first when room is needed.\n\n' +
    'For each of the three the longest path counts that says it. These are properties of paths: fsadmin pathConf shows them too.',
  args: [{ name: '<path>', doc: 'for everything at and below it, such as a mount point' }],
  options: [
    { flags: '--quota <size>', doc: 'bytes on all workers together, such as 10GB, or none', parse: quotaValue },
    { flags: '--quota-per-worker <size>', doc: 'bytes on each worker, or none', parse: quotaValue },
    { flags: '--priority <priority>', doc: 'low goes first, high goes last', choices: ['low', 'normal', 'high'] },
  ],
  example: 'alluvium fsadmin cachePolicy set --quota 10GB --priority low /logs',
  load: async () => (await import('./cache-policy.js')).setCachePolicy,
};

export const cachePolicyGroup: GroupSpec = {
  name: 'cachePolicy',
  summary: 'say how much of a path may be cached, and what goes first',
  commands: [
    set,
    {
      name: 'ls',
      summary: 'list the policies and how much of each is cached',
      json: true,
      example: 'alluvium fsadmin cachePolicy ls',
      load: async () => (await import('./cache-policy.js')).listCachePolicies,
    },
    {
      name: 'rm',
      summary: 'take the policy from a path: what is said above it counts',
      args: [{ name: '<path>', doc: 'a path that has a policy' }],
      example: 'alluvium fsadmin cachePolicy rm /logs',
      load: async () => (await import('./cache-policy.js')).removeCachePolicy,
    },
  ],
};
