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
  await fileSystem.setAttribute(path, { ttlMs: BigInt(ttl), ttlAction, signal: session.signal });
  await session.print(`TTL of path '${path}' was successfully set to ${ttl} milliseconds, with expiry action set to ${ttlAction}`);
}

function actionOf(text: string): TtlAction {
  if (text === 'delete') return 'DELETE';
  if (text === 'free') return 'FREE';
  throw new UsageError(`--action is delete or free, not "${text}"`);
}

async function askForAction(session: Session, path: string): Promise<string> {
  const question = `When the time of ${path} is over, delete it (also from the store) or free its cached copy? [delete/free] `;
  const answer = await ask(session.context, question);
  if (answer === undefined) throw new UsageError('--action delete or --action free is wanted; delete removes the file from the store too');
  return answer.toLowerCase();
}
