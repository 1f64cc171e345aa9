import { fail } from '@alluvium/base';
import type { ClusterAdmin } from '@alluvium/client';
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

export interface DecommissionCommandOptions {
  readonly addresses: string;
  readonly disable?: boolean;
}

/** The web port of a worker that is named by its host alone: Alluxio's default. */
const DEFAULT_WEB_PORT = 30_000;

interface Address {
  readonly text: string;
  readonly host: string;
  readonly webPort: number | undefined;
}

export async function decommissionWorker(session: Session, _args: readonly [], options: DecommissionCommandOptions): Promise<void> {
  const addresses = addressesOf(options.addresses);
  const { admin } = await session.fileSystem();
  for (const address of addresses) {
    await session.attempt(address.text, async () => {
      const mayRegisterAgain = options.disable !== true;
      for (const webPort of await webPortsOf(session, admin, address))
        await admin.decommissionWorker(address.host, webPort, { mayRegisterAgain, signal: session.signal });
      await session.print(
        `Worker ${address.text} is out of service${mayRegisterAgain ? '' : ' and may not come back before enableWorker'}`,
      );
    });
  }
}

export async function enableWorker(session: Session, _args: readonly [], options: { readonly addresses: string }): Promise<void> {
  const addresses = addressesOf(options.addresses);
  const { admin } = await session.fileSystem();
  for (const { text, host, webPort = DEFAULT_WEB_PORT } of addresses) {
    await session.attempt(text, async () => {
      await admin.enableWorker(host, webPort, { signal: session.signal });
      await session.print(`Re-enabled worker ${text}`);
    });
  }
}

/** As named, or those of the workers on a host. */
async function webPortsOf(session: Session, admin: ClusterAdmin, { host, webPort }: Address): Promise<number[]> {
  if (webPort !== undefined) return [webPort];
  const workers = await admin.workers('ALL', { signal: session.signal });
  const there = workers.filter((worker) => worker.host === host && worker.state !== 'LOST').map((worker) => worker.webPort);
  if (there.length > 0) return there;
  const known = workers.map((worker) => `${worker.host}:${worker.webPort}`).join(', ');
  throw fail('notFound', `Cannot find a worker on ${host}: ${known === '' ? 'the master knows none' : `the master knows ${known}`}`);
}

function addressesOf(text: string): Address[] {
  return text.split(',').map((part) => {
    const match = /^([^:\s]+)(?::(\d{1,5}))?$/.exec(part.trim());
    if (match === null) throw new UsageError(`"${part}" is no address: host or host:webPort is wanted`);
    return { text: part.trim(), host: match[1]!, webPort: match[2] === undefined ? undefined : Number(match[2]) };
  });
}
