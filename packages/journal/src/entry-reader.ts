// Payloads to entries, and checkpoints into the state: what a start does millions of times. The generated decoder makes an object with
// a place for each of forty kinds; here an entry of a common kind has only what it is, and rare ones go the general way.
import { BinaryReader, blockJournal, fileJournal, journal } from '@alluvium/wire';
import type { JournalEntry, JournaledState } from './journal.js';

const LENGTH_DELIMITED = 2;
const ENTRIES = (39 << 3) | LENGTH_DELIMITED;
const OPERATION_ID = (52 << 3) | LENGTH_DELIMITED;

/** The journal_entries of an encoded JournalEntry. Throws `internal` for what is no message. */
export function decodeEntries(payload: Uint8Array): JournalEntry[] {
  const reader = new BinaryReader(payload);
  const out: JournalEntry[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === ENTRIES) out.push(decodeEntry(reader, reader.uint32()));
    else reader.skip(tag);
  }
  return out;
}

/** Applies the entries of a part of a checkpoint; those for which the state has a quicker way go it. Answers how many there were. */
export function applyChunk(payload: Uint8Array, state: JournaledState): number {
  const { applyEncoded } = state;
  const reader = new BinaryReader(payload);
  let count = 0;
  while (reader.pos < reader.len) {
    const field = reader.uint32();
    if (field !== ENTRIES) {
      reader.skip(field);
      continue;
    }
    count++;
    const length = reader.uint32();
    const start = reader.pos;
    if (applyEncoded !== undefined) {
      const tag = reader.uint32();
      const inner = reader.uint32();
      // The entry is of one kind and nothing else.
      if ((tag & 7) === LENGTH_DELIMITED && reader.pos + inner === start + length && applyEncoded.call(state, tag >>> 3, reader, inner))
        continue;
      reader.pos = start;
    }
    state.apply(decodeEntry(reader, length));
  }
  return count;
}

function decodeEntry(reader: BinaryReader, length: number): JournalEntry {
  const start = reader.pos;
  const end = reader.enter(length);
  let entry: JournalEntry | undefined;
  let operationId: journal.JournalOpPId | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const known: JournalEntry | undefined = entry === undefined ? ofCommonKind(reader, tag) : undefined;
    if (known !== undefined) entry = known;
    else if (tag === OPERATION_ID) operationId = journal.JournalOpPId.decode(reader, reader.uint32());
    else {
      reader.pos = end;
      reader.leave(end);
      reader.pos = start;
      return journal.JournalEntry.decode(reader, length);
    }
  }
  reader.leave(end);
  entry ??= {};
  if (operationId !== undefined) entry.operationId = operationId;
  return entry;
}

/** The entry if its kind is common. Nothing is read otherwise. */
function ofCommonKind(reader: BinaryReader, tag: number): JournalEntry | undefined {
  switch (tag) {
    case (4 << 3) | LENGTH_DELIMITED:
      return { blockInfo: blockJournal.BlockInfoEntry.decode(reader, reader.uint32()) };
    case (6 << 3) | LENGTH_DELIMITED:
      return { deleteFile: fileJournal.DeleteFileEntry.decode(reader, reader.uint32()) };
    case (9 << 3) | LENGTH_DELIMITED:
      return { inodeDirectory: fileJournal.InodeDirectoryEntry.decode(reader, reader.uint32()) };
    case (11 << 3) | LENGTH_DELIMITED:
      return { inodeFile: fileJournal.InodeFileEntry.decode(reader, reader.uint32()) };
    case (19 << 3) | LENGTH_DELIMITED:
      return { rename: fileJournal.RenameEntry.decode(reader, reader.uint32()) };
    case (29 << 3) | LENGTH_DELIMITED:
      return { deleteBlock: blockJournal.DeleteBlockEntry.decode(reader, reader.uint32()) };
    case (35 << 3) | LENGTH_DELIMITED:
      return { updateInode: fileJournal.UpdateInodeEntry.decode(reader, reader.uint32()) };
    case (37 << 3) | LENGTH_DELIMITED:
      return { updateInodeFile: fileJournal.UpdateInodeFileEntry.decode(reader, reader.uint32()) };
    case (38 << 3) | LENGTH_DELIMITED:
      return { newBlock: fileJournal.NewBlockEntry.decode(reader, reader.uint32()) };
    default:
      return undefined;
  }
}
