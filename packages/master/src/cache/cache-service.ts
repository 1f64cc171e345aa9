// CacheService: policies of the cache and how they are kept, where a file is cached, and how the cache does.
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { cacheService } from '@alluvium/wire';
import type { FileContext } from '../file/context.js';
import { serve } from '../file/serve.js';
import type { CacheMaster } from './cache-master.js';
import { exchangeCache } from './exchange.js';
import { explainCache } from './explain-cache.js';
import { policyMessage } from './policy-message.js';

const methods = methodsOf(cacheService.CacheServiceDefinition);
/** Paths and users told when nobody says how many. */
const ALL = 10_000;

export function cacheMasterService(m: CacheMaster, c: FileContext): (table: ServiceTable) => void {
  return (table) => {
    table
      .unary(
        methods.listCachePolicies,
        serve(c, () => listCachePolicies(m)),
      )
      .unary(
        methods.explainCache,
        serve(c, (_, request, user) => explainCache(m, c, request, user)),
      )
      .unary(methods.getCacheUse, (request, call) => getCacheUse(m, request, c.permissions.isSuper(call.caller.user)))
      .unary(methods.exchangeCache, (request) => exchangeCache(m, request));
  };
}

function listCachePolicies({ policies, classUse }: CacheMaster): cacheService.ListCachePoliciesReply {
  const all = policies.all();
  return { policies: all.map((policy) => policyMessage(policy, all, classUse)) };
}

/** Who reads what is told to super users alone. */
function getCacheUse(
  { use }: CacheMaster,
  { limit = 0 }: cacheService.GetCacheUseRequest,
  isSuper: boolean,
): cacheService.GetCacheUseReply {
  return use.report(limit > 0 ? Math.min(limit, ALL) : ALL, isSuper);
}
