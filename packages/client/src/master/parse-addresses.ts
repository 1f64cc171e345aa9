import { fail } from '@alluvium/base';
import type { Address } from '@alluvium/net';

/** `alluxio.master.rpc.port`. */
const DEFAULT_PORT = 19998;

/**
 * The masters that `given` names: an address, `host:port`, `host`, several separated by `,`, `;` or `+`, each with or
 * without `alluxio://` before and a path behind. Throws `invalidArgument`.
 */
export function parseAddresses(given: Address | string): readonly Address[] {
  if (typeof given !== 'string') return [given];
  const authority = given
    .trim()
    .replace(/^(?:alluxio|alluvium):\/\//, '')
    .replace(/\/.*$/, '');
  return authority.split(/[,;+]/).map((part) => parseOne(part.trim(), given));
}

function parseOne(part: string, given: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d{1,5}))?$/.exec(part);
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (match === null || port < 1 || port > 65_535)
    throw fail('invalidArgument', `Cannot connect to "${given}": "${part}" is no address; host:port is wanted`);
  return { host: match[1] ?? match[2]!, port };
}

export function nameOf({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
