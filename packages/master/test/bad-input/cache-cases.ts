import { methodsOf } from '@alluvium/net';
import { cacheService, metaMaster } from '@alluvium/wire';
import { MANY, MAX, MIN, of, type Case } from './case.js';

const cache = methodsOf(cacheService.CacheServiceDefinition);
const configuration = methodsOf(metaMaster.MetaMasterConfigurationServiceDefinition);

const policy = (name: string, value: string): metaMaster.SetPathConfigurationPRequest => ({
  path: '/d',
  properties: { [`alluvium.cache.${name}`]: value },
});

/** Calls about the cache. */
export const cacheCalls: readonly Case[] = [
  ...of(cache.listCachePolicies, ['nothing at all', {}, 'ok']),
  ...of(
    cache.explainCache,
    ['nothing at all', {}, 'invalidArgument'],
    ['a directory', { path: '/d' }, 'invalidArgument', /it is a directory; a file wanted$/],
    ['blocks that are none', { path: '/d/f', fromBlock: -5, limit: -1 }, 'ok'],
    ['blocks behind the last', { path: '/d/f', fromBlock: 2 ** 31 - 1, limit: 2 ** 31 - 1 }, 'ok'],
  ),
  ...of(cache.getCacheUse, ['nothing at all', {}, 'ok'], ['less than none', { limit: -1 }, 'ok']),
  ...of(
    cache.exchangeCache,
    ['nothing at all', {}, 'notFound'],
    ['of no worker', { workerId: MIN, fileIds: Array.from({ length: MANY }, () => MAX) }, 'notFound'],
  ),
  ...of(
    configuration.setPathConfiguration,
    ['a quota that is none', policy('quota', 'much'), 'invalidArgument'],
    ['a negative quota', policy('quota', '-1'), 'invalidArgument'],
    ['a quota beyond numbers', policy('quota.per.worker', '1e30'), 'invalidArgument'],
    ['a priority that is none', policy('priority', 'urgent'), 'invalidArgument', /low, normal or high wanted$/],
    ['no property of the cache', policy('nosuch', '1'), 'internal', 'Invalid property key alluvium.cache.nosuch'],
  ),
];
