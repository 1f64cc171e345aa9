import { fail } from '@alluvium/base';
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

export async function updateConf(session: Session, [words]: readonly [readonly string[]]): Promise<void> {
  const properties = Object.fromEntries(words.map(pairOf));
  const { admin } = await session.fileSystem();
  const done = await admin.updateConfiguration(properties, { signal: session.signal });
  await session.print(`Updated ${[...done.values()].filter(Boolean).length} configs`);
  for (const [name, changed] of done) {
    if (!changed)
      await session.report(fail('failedPrecondition', `Failed to Update ${name}: it cannot change while the master runs, or not to that`));
  }
}

function pairOf(word: string): readonly [string, string] {
  const cut = word.indexOf('=');
  if (cut < 1) throw new UsageError(`name=value is wanted, not "${word}"`);
  return [word.slice(0, cut), word.slice(cut + 1)];
}
