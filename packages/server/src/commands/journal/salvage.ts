// `alluvium journal salvage`: what can be had from a damaged journal, as a new one.
import { resolve } from 'node:path';
import { fail } from '@alluvium/base';
import { salvageJournal } from '@alluvium/journal';
import { OfflineState } from '@alluvium/master';
import type { Disk } from '@alluvium/platform';
import type { JournalPlace } from './journal-place.js';
import { JournalProgress, type JournalTerminal } from './progress.js';

/** Throws `failedPrecondition` while a master serves from the journal. */
export async function salvage(
  disk: Disk,
  place: JournalPlace,
  target: string,
  options: { readonly skipDamaged: boolean },
  terminal: JournalTerminal,
): Promise<void> {
  if (place.holder !== undefined)
    throw fail('failedPrecondition', `Cannot salvage "${place.directory}": process ${place.holder} serves from it; stop it first`);
  const progress = new JournalProgress(terminal);
  const to = resolve(target);
  const result = await salvageJournal(disk, {
    from: place.directory,
    to,
    skipDamaged: options.skipDamaged,
    nowMs: Date.now(),
    state: new OfflineState(),
    looked: (file) => progress.begin(file),
    say: (line) => {
      terminal.signal.throwIfAborted();
      return terminal.print(`${line}\n`);
    },
  });
  const { sequence, entries, lost, leftOut, dropped, setAside } = result;
  await terminal.print(
    [
      `${to}: a checkpoint after operation ${sequence}, ${entries} entries`,
      `Operations: ${lost} lost, ${leftOut} left out, ${dropped} dropped; ${setAside} names set aside`,
      '',
      'Now, with the master stopped:',
      `  mv ${place.directory} ${place.directory}.damaged`,
      `  mv ${to} ${place.directory}`,
      '  alluvium start',
      '  alluvium fsadmin doctor',
      'and, where stores are mounted, `alluvium fs sync /`: what they have is seen again. Keep the damaged directory until all is checked.',
      '',
    ].join('\n'),
  );
}
