import { fail, sleep } from '@alluvium/base';
import type { ClusterAdmin } from '@alluvium/client';
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';
import { drainText } from './replication.js';

export interface DecommissionCommandOptions {
  readonly addresses: string;
  readonly disable?: boolean;
  /** Milliseconds to wait until it has handed over what it has. */
  readonly wait?: number;
}

/** Between two questions how far a worker is. */
const POLL_MS = 1000;

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
      if (options.wait === undefined)
        await session.print('It hands over what others need: alluvium fsadmin replication tells how far it is');
      else await untilDrained(session, admin, address, options.wait);
    });
  }
}

/** Throws `deadlineExceeded` when it takes longer, `unavailable` when the worker is gone. */
async function untilDrained(session: Session, admin: ClusterAdmin, address: Address, waitMs: number): Promise<void> {
  const { clock } = session.context;
  const untilMs = clock.monotonicMs() + waitMs;
  let shown = '';
  for (;;) {
    const { drains } = await admin.replication({ limit: 0, signal: session.signal });
    const named = drains.filter(({ host, webPort }) => host === address.host && (address.webPort ?? webPort) === webPort);
    const going = named.filter(({ state }) => state === 'LOOKING' || state === 'HANDING_OVER');
    if (going.length === 0) {
      if (named[0]?.state === 'LOST') throw fail('unavailable', `Worker ${address.text} fell silent before it had handed over everything`);
      return session.print(
        `Worker ${address.text} ${named[0]?.state === 'CANCELLED' ? 'is in service again' : 'has handed over everything'}`,
      );
    }
    const text = going.map((drain) => `${drainText(drain)}${drain.lastError === undefined ? '' : `; ${drain.lastError}`}`).join('; ');
    if (clock.monotonicMs() >= untilMs) throw fail('deadlineExceeded', `Worker ${address.text} has not handed over everything: ${text}`);
    if (text !== shown) await session.print(text);
    shown = text;
    await sleep(clock, POLL_MS, session.signal);
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
