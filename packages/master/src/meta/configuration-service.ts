// MetaMasterConfigurationService: what clients load before anything else. Reading asks for no authentication, so it says nothing
// secret; changing asks for a super user.
import { createHash } from 'node:crypto';
import { normalPath } from '@alluvium/base';
import { methodsOf, type ServerCall, type ServiceTable } from '@alluvium/net';
import { metaMaster, type common } from '@alluvium/wire';
import type { FileContext } from '../file/context.js';

type Context = Pick<FileContext, 'committer' | 'live' | 'log' | 'pathProperties' | 'permissions'>;

const methods = methodsOf(metaMaster.MetaMasterConfigurationServiceDefinition);

export function configurationService(c: Context): (table: ServiceTable) => void {
  const hashes = new PropertyHash();
  return (table) => {
    table
      .declare(metaMaster.MetaMasterConfigurationServiceDefinition.fullName, 'none')
      .unary(methods.getConfiguration, (request) => durable(c, getConfiguration(c, request, hashes)))
      .unary(methods.getConfigHash, () =>
        durable(c, { clusterConfigHash: hashes.of(c.live.properties), pathConfigHash: c.pathProperties.hash }),
      )
      .unary(methods.updateConfiguration, (request, call) => updateConfiguration(c, request, call))
      .unary(methods.setPathConfiguration, (request, call) => setPathConfiguration(c, request, call))
      .unary(methods.removePathConfiguration, (request, call) => removePathConfiguration(c, request, call));
  };
}

function getConfiguration(
  c: Context,
  request: metaMaster.GetConfigurationPOptions,
  hashes: PropertyHash,
): metaMaster.GetConfigurationPResponse {
  const clusterConfigs = c.live.properties as common.ConfigProperty[];
  const pathConfigs: Record<string, metaMaster.ConfigProperties> = {};
  for (const [path, properties] of c.pathProperties.all())
    pathConfigs[path] = { properties: [...properties].map(([name, value]) => ({ name, source: 'PATH_DEFAULT', value })) };
  return {
    ...(request.ignoreClusterConf !== true && { clusterConfigs, clusterConfigHash: hashes.of(clusterConfigs) }),
    ...(request.ignorePathConf !== true && { pathConfigs, pathConfigHash: c.pathProperties.hash }),
  };
}

/** Changes last until the master ends. False for each name that cannot be changed while it runs, which the shells print. */
function updateConfiguration(
  c: Context,
  request: metaMaster.UpdateConfigurationPRequest,
  call: ServerCall,
): metaMaster.UpdateConfigurationPResponse {
  requireSuper(c, call);
  const status = c.live.update(request.properties ?? {});
  for (const [name, done] of Object.entries(status)) if (done) c.log.info('configuration changed', { name });
  return { status };
}

async function setPathConfiguration(
  c: Context,
  request: metaMaster.SetPathConfigurationPRequest,
  call: ServerCall,
): Promise<metaMaster.SetPathConfigurationPResponse> {
  requireSuper(c, call);
  await c.committer.commit(c.pathProperties.planSet(normalPath(request.path ?? ''), request.properties ?? {}));
  return {};
}

async function removePathConfiguration(
  c: Context,
  request: metaMaster.RemovePathConfigurationPRequest,
  call: ServerCall,
): Promise<metaMaster.RemovePathConfigurationPResponse> {
  requireSuper(c, call);
  await c.committer.commit(c.pathProperties.planRemove(normalPath(request.path ?? ''), request.keys ?? []));
  return {};
}

function requireSuper({ permissions }: Context, call: ServerCall): void {
  permissions.requireSuper(call.caller.user);
}

function durable<T>({ committer }: Context, reply: T): T | Promise<T> {
  const pending = committer.settled();
  return pending === undefined ? reply : pending.then(() => reply);
}

/** Clients reconnect when the hash changes, so it is made of the very values that are sent, once for each array of them. */
class PropertyHash {
  #of: readonly common.ConfigProperty[] | undefined;
  #hash = '';

  /** 32 hex characters, opaque to clients. */
  of(properties: readonly common.ConfigProperty[]): string {
    if (this.#of !== properties) {
      this.#of = properties;
      this.#hash = createHash('md5')
        .update(properties.map((p) => `${p.name}=${p.value}`).join('\n'))
        .digest('hex');
    }
    return this.#hash;
  }
}
