import type { TtlAction } from '@alluvium/client';
import { ask } from '../ask.js';
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

export async function setTtl(
  session: Session,
  [text, ttl]: readonly [string, number],
  options: { readonly action?: string },
): Promise<void> {
  const path = session.path(text);
  const ttlAction = actionOf(options.action ?? (await askForAction(session, path)));
  const fileSystem = await session.fileSystem();
  const { creationTimeMs, folder } = await fileSystem.status(path, { signal: session.signal });
  await fileSystem.setAttribute(path, { ttlMs: BigInt(ttl), ttlAction, signal: session.signal });
  await session.print(`TTL of path '${path}' was successfully set to ${ttl} milliseconds, with expiry action set to ${ttlAction}`);
  if (Number(creationTimeMs) + ttl <= session.context.clock.nowMs())
    await session.print(`It is older than that, and ${CONSEQUENCES[ttlAction]}${folder ? ', with everything below' : ''}, at once`);
}

const CONSEQUENCES: Readonly<Record<TtlAction, string>> = {
  DELETE: 'is deleted, from the store too',
  DELETE_ALLUXIO: 'is deleted here; the store keeps it',
  FREE: 'its cached copies are freed',
};

function actionOf(text: string): TtlAction {
  if (text === 'delete') return 'DELETE';
  if (text === 'free') return 'FREE';
  if (text === 'delete_alluxio') return 'DELETE_ALLUXIO';
  throw new UsageError(`--action is delete, delete_alluxio or free, not "${text}"`);
}

async function askForAction(session: Session, path: string): Promise<string> {
  const question = `When the time of ${path} is over, delete it (also from the store) or free its cached copy? [delete/free] `;
  const answer = await ask(session.context, question);
  if (answer === undefined) throw new UsageError('--action delete or --action free is wanted; delete removes the file from the store too');
  return answer.toLowerCase();
}
