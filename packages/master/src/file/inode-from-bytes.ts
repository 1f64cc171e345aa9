// Files straight from the bytes of inode_file entries: what a start does once for each file of a checkpoint. The same rules as in
// inode-from-entry.ts; what is rare goes that way.
import { NO_PARENT, type BlockId, type InodeId } from '@alluvium/base';
import { sharedString, type FileInode } from '@alluvium/metastore';
import type { BinaryReader, fileJournal } from '@alluvium/wire';
import { persistenceOf, ttlActionOf } from './inode-from-entry.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NO_MEDIA: readonly string[] = [];
const NO_BLOCKS: readonly BlockId[] = [];
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Reads one file after the other; what neighbours have in common is kept once. */
export class FileReader {
  #owner = '';
  #group = '';
  #persistence = '';
  #parent: { readonly number: number; readonly id: InodeId } = { number: -1, id: NO_PARENT as InodeId };

  /** The file in the `length` bytes at the reader's place; undefined, with the reader anywhere, when it has rare fields. */
  read(reader: BinaryReader, length: number): FileInode | undefined {
    const end = reader.pos + length;
    const file = newFile();
    let modified = false;
    let accessed = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      const known =
        (tag & 7) === VARINT
          ? this.#number(file, tag >>> 3, reader)
          : (tag & 7) === LENGTH_DELIMITED && this.#text(file, tag >>> 3, reader);
      if (!known) return undefined;
      if (tag >>> 3 === 7) modified = true;
      else if (tag >>> 3 === 29) accessed = true;
    }
    if (reader.pos !== end) return undefined;
    if (!modified) file.modificationTimeMs = file.creationTimeMs;
    if (!accessed) file.accessTimeMs = file.modificationTimeMs;
    return file;
  }

  /** Takes a field in a varint; false when it is none of the common ones. */
  #number(file: Writable<FileInode>, field: number, reader: BinaryReader): boolean {
    switch (field) {
      case 1:
        file.id = reader.int64() as InodeId;
        break;
      case 2:
        file.parentId = this.#parentOf(reader);
        break;
      case 5:
        file.pinned = reader.bool();
        break;
      case 6:
        file.creationTimeMs = reader.int64AsNumber();
        break;
      case 7:
        file.modificationTimeMs = reader.int64AsNumber();
        break;
      case 8:
        file.blockSizeBytes = reader.int64AsNumber();
        break;
      case 9:
        file.length = reader.int64AsNumber();
        break;
      case 10:
        file.completed = reader.bool();
        break;
      case 11:
        reader.bool();
        break;
      case 12:
        if (file.blocks === NO_BLOCKS) file.blocks = [reader.int64() as BlockId];
        else (file.blocks as BlockId[]).push(reader.int64() as BlockId);
        break;
      default:
        return settings(file, field, reader);
    }
    return true;
  }

  #text(file: Writable<FileInode>, field: number, reader: BinaryReader): boolean {
    switch (field) {
      case 3:
        file.name = reader.string();
        break;
      case 4:
        file.persistence = persistenceOf((this.#persistence = reader.stringOr(this.#persistence)));
        break;
      case 14: {
        const owner = reader.stringOr(this.#owner);
        file.owner = this.#owner = owner === this.#owner ? this.#owner : sharedString(owner);
        break;
      }
      case 15: {
        const group = reader.stringOr(this.#group);
        file.group = this.#group = group === this.#group ? this.#group : sharedString(group);
        break;
      }
      case 18:
        file.fingerprint = reader.string();
        break;
      case 23:
        file.tempUfsPath = reader.string();
        break;
      default:
        return false;
    }
    return true;
  }

  #parentOf(reader: BinaryReader): InodeId {
    const at = reader.pos;
    const number = reader.int64AsNumber();
    if (number === this.#parent.number) return this.#parent.id;
    reader.pos = at;
    const id = reader.int64() as InodeId;
    // Beyond that several ids are one number.
    if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) this.#parent = { number, id };
    return id;
  }
}

function settings(file: Writable<FileInode>, field: number, reader: BinaryReader): boolean {
  switch (field) {
    case 13:
      file.ttlMs = reader.int64AsNumber();
      break;
    case 16:
      file.mode = reader.int32();
      break;
    case 17:
      file.ttlAction = ttlActionOf(reader.int32() as fileJournal.PTtlAction);
      break;
    case 20:
      file.replicationMax = reader.int32();
      break;
    case 21:
      file.replicationMin = reader.int32();
      break;
    case 22:
      file.persistJobId = reader.int64();
      break;
    case 24:
      file.replicationDurable = reader.int32();
      break;
    case 27:
      file.shouldPersistTimeMs = reader.int64AsNumber();
      break;
    case 29:
      file.accessTimeMs = reader.int64AsNumber();
      break;
    default:
      return false;
  }
  return true;
}

function newFile(): Writable<FileInode> {
  return {
    kind: 'file',
    id: 0n as InodeId,
    parentId: NO_PARENT as InodeId,
    name: '',
    owner: '',
    group: '',
    mode: 0,
    acl: undefined,
    creationTimeMs: 0,
    modificationTimeMs: 0,
    accessTimeMs: 0,
    persistence: 'NOT_PERSISTED',
    pinned: false,
    pinnedMedia: NO_MEDIA,
    ttlMs: -1,
    ttlAction: 'DELETE',
    fingerprint: '',
    xattr: undefined,
    blockSizeBytes: 0,
    length: 0,
    completed: false,
    blocks: NO_BLOCKS,
    replicationMax: -1,
    replicationMin: 0,
    replicationDurable: 1,
    persistJobId: -1n,
    tempUfsPath: '',
    shouldPersistTimeMs: -1,
  };
}
