// Makes the recording of a format: node build/test/packages/journal/test/recordings/record.js DIRECTORY
// To be run once for a new format version; what is there already is never made anew.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { localDirectoryStorage, openJournal, type JournalEntry } from '@alluvium/journal';
import { nodeDisk, silentLogger } from '@alluvium/platform';
import { SimClock } from '@alluvium/testkit';
import { Tape } from '../support/tape.js';

function inode(id: bigint, name: string): JournalEntry {
  return {
    inodeFile: {
      id,
      parentId: 0n,
      name,
      owner: 'ada',
      group: 'staff',
      mode: 0o644,
      length: 2n ** 53n + 1n,
      blockSizeBytes: 67_108_864n,
      blocks: [id - 1n],
      persistenceState: 'TO_BE_PERSISTED',
      xAttr: { colour: Buffer.of(0, 1, 255) },
    },
  };
}

const directory: JournalEntry = {
  inodeDirectory: { id: 0n, parentId: -1n, name: '', owner: 'ada', group: 'staff', mode: 0o755, directChildrenLoaded: true },
};

/** The operations by sequence. */
function operations(): JournalEntry[][] {
  const out: JournalEntry[][] = [[directory, { inodeDirectoryIdGenerator: { containerId: 1n, sequenceNumber: 2n } }]];
  for (let i = 1n; i <= 15n; i++) {
    out.push([
      inode((i << 24n) | 0xffffffn, `Datei ${i} \u{1F30A}`),
      { blockInfo: { blockId: i << 24n, length: i === 7n ? -1n : 1000n * i } },
      { completeFile: { id: (i << 24n) | 0xffffffn, length: 1000n * i, opTimeMs: 1_800_000_000_000n, blockIds: [i << 24n] } },
    ]);
    if (i % 5n === 0n) out.push([{ deleteFile: { id: (i << 24n) | 0xffffffn, recursive: true, opTimeMs: 1_800_000_000_001n } }]);
  }
  return out;
}

export async function record(directoryPath: string): Promise<void> {
  const all = operations();
  const tape = new Tape();
  for (let start = 0; start < all.length; start += 7) {
    const journal = await openJournal({
      storage: localDirectoryStorage(nodeDisk(), directoryPath),
      clock: new SimClock(),
      log: silentLogger,
      state: start === 0 ? tape : new Tape(),
      options: { reserveBytes: 0, segmentBytes: 400 },
    });
    for (const [index, entries] of all.slice(start, start + 7).entries()) {
      journal.append(entries);
      if (start > 0) tape.entries.push(...entries);
      else for (const entry of entries) tape.apply(entry);
      // Batches of two.
      if (index % 2 === 1) await journal.flushed();
      if (start === 0 && index === 4) await journal.checkpoint();
    }
    await journal.close();
  }
  await writeFile(`${directoryPath}/expected.txt`, `${tape.lines().join('\n')}\n`);
}

const [, program, target] = process.argv;
if (program === fileURLToPath(import.meta.url) && target !== undefined) await record(target);
