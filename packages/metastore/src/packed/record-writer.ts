import type { BlockId } from '@alluvium/base';
import type { DefaultAcl, ExtendedAcl, FileInode, Inode } from '../inode.js';
import { key } from './hash.js';
import { Interned } from './interned.js';
import type { NameKey } from './name-key.js';
import { RareWriter, isHex } from './rare-bytes.js';
import * as at from './record-layout.js';
import { Page, UNIT_BYTES, UNIT_MASK, type Slab } from './slab.js';
import { numberOfPersistence, numberOfTtlAction } from '../inode-words.js';

const FIRST_UNITS = 128;
const MAX_KEPT_UNITS = 1 << 13;
const MAX_NUMBERS = 12;
/** Before what tells the content of a file, all that follows from where it lies. */
const CONTENT = 'CONTENT_HASH|';

/** Texts that records share. */
export interface RecordTexts {
  readonly owners: Interned;
  readonly groups: Interned;
  /** Beginnings of fingerprints. */
  readonly fingerprints: Interned;
}

/** Writes one inode at a time, to be copied into a cell. */
export class RecordWriter {
  readonly #texts: RecordTexts;
  readonly #rare = new RareWriter();
  #draft = new Page(FIRST_UNITS, FIRST_UNITS);
  /** Where the next number goes. */
  #unit = 0;
  #has = 0;
  /** Of the record that is written. */
  byteLength = 0;

  constructor(texts: RecordTexts) {
    this.#texts = texts;
  }

  /** `name`: the inode's name below its parent. */
  write(inode: Inode, name: NameKey): void {
    const nameUnits = (name.byteLength + UNIT_BYTES - 1) >>> 3;
    this.#reserve(at.HEADER_UNITS + nameUnits + MAX_NUMBERS);
    this.#has = 0;
    this.#rare.reset();
    const { words, longs, numbers, bytes } = this.#draft;
    longs[at.WORD_ID / 2] = inode.id;
    longs[at.WORD_PARENT / 2] = inode.parentId;
    numbers[at.UNIT_CREATED] = inode.creationTimeMs;
    words[at.WORD_HASH] = name.hash;
    words[at.WORD_NAME_LENGTH] = name.length;
    // The rest of the last unit is overwritten by nothing else.
    if (nameUnits > 0) longs[at.HEADER_UNITS + nameUnits - 1] = 0n;
    name.write(bytes, at.HEADER_BYTES);
    this.#unit = at.HEADER_UNITS + nameUnits;
    if (inode.modificationTimeMs !== inode.creationTimeMs) this.#number(at.HAS_MODIFIED, inode.modificationTimeMs);
    if (inode.accessTimeMs !== inode.modificationTimeMs) this.#number(at.HAS_ACCESSED, inode.accessTimeMs);
    if (inode.ttlMs !== at.NO_TTL) this.#number(at.HAS_TTL, inode.ttlMs);
    let first =
      (numberOfPersistence(inode.persistence) << at.PERSISTENCE_SHIFT) | (numberOfTtlAction(inode.ttlAction) << at.TTL_ACTION_SHIFT);
    if (inode.pinned) first |= at.PINNED;
    if (name.wide) first |= at.WIDE_NAME;
    let blocks = 0;
    if (inode.kind === 'file') {
      first |= this.#fileNumbers(inode);
      blocks = countedBlocks(inode);
    } else {
      first |= at.DIRECTORY | (inode.mountPoint ? at.MOUNT_POINT : 0) | (inode.childrenLoaded ? at.CHILDREN_LOADED : 0);
    }
    first |= this.#mode(inode.mode);
    if (inode.kind === 'file' && inode.persistJobId !== at.NO_JOB) {
      this.#has |= at.HAS_JOB;
      longs[this.#unit++] = inode.persistJobId;
    }
    words[0] = first;
    const { owners, groups } = this.#texts;
    words[at.WORD_OWNERS] = this.#owner(owners, inode.owner, at.HAS_OWNER) | (this.#owner(groups, inode.group, at.HAS_GROUP) << 16);
    if (inode.pinnedMedia.length > 0) this.#media(inode.pinnedMedia);
    const fingerprint = inode.fingerprint === '' ? 0 : this.#fingerprint(inode.fingerprint);
    words[at.WORD_CONTENT] = fingerprint | (Math.max(0, blocks) << 16);
    if (inode.kind === 'file') this.#rareOfFile(inode, blocks < 0);
    if (inode.xattr !== undefined) this.#xattr(inode.xattr);
    if (inode.acl !== undefined) this.#acl(inode.acl);
    if (inode.kind === 'directory' && inode.defaultAcl !== undefined) this.#defaultAcl(inode.defaultAcl);
    this.#finish();
  }

  /** Copies what was written into a cell of at least {@link byteLength}. */
  copyTo(slab: Slab, address: number): void {
    const { words } = slab.pages[address >>> 13]!;
    const start = 2 * (address & UNIT_MASK);
    const count = (this.byteLength + 3) >>> 2;
    const from = this.#draft.words;
    if (count > 64) words.set(from.subarray(0, count), start);
    else for (let i = 0; i < count; i++) words[start + i] = from[i]!;
  }

  #fileNumbers(inode: FileInode): number {
    if (inode.length !== 0) this.#number(at.HAS_LENGTH, inode.length);
    const exponent = exponentOf(inode.blockSizeBytes);
    if (exponent < 0) this.#number(at.HAS_BLOCK_SIZE, inode.blockSizeBytes);
    if (inode.shouldPersistTimeMs !== at.NO_PERSIST_TIME) this.#number(at.HAS_PERSIST_TIME, inode.shouldPersistTimeMs);
    if (inode.replicationMax !== at.NO_REPLICATION_MAX) this.#number(at.HAS_REPLICATION_MAX, inode.replicationMax);
    if (inode.replicationMin !== at.NO_REPLICATION_MIN) this.#number(at.HAS_REPLICATION_MIN, inode.replicationMin);
    if (inode.replicationDurable !== at.USUAL_REPLICATION_DURABLE) this.#number(at.HAS_REPLICATION_DURABLE, inode.replicationDurable);
    return (inode.completed ? at.COMPLETED : 0) | (exponent < 0 ? 0 : exponent << at.BLOCK_SIZE_SHIFT);
  }

  #number(has: number, value: number): void {
    this.#has |= has;
    this.#draft.numbers[this.#unit++] = value;
  }

  #mode(mode: number): number {
    if ((mode & at.MODE_MASK) === mode) return mode << at.MODE_SHIFT;
    this.#number(at.HAS_MODE, mode);
    return 0;
  }

  #owner(texts: Interned, text: string, has: number): number {
    const number = texts.numberOf(text);
    if (number !== Interned.NONE) return number;
    this.#has |= has;
    this.#rare.text(text);
    return 0;
  }

  #media(media: readonly string[]): void {
    this.#has |= at.HAS_MEDIA;
    this.#rare.count(media.length);
    for (const medium of media) this.#rare.text(medium);
  }

  /** The interned beginning; the rest is what tells one content from another. */
  #fingerprint(text: string): number {
    const content = text.lastIndexOf(CONTENT);
    const end = content < 0 ? text.lastIndexOf('|') + 1 : content + CONTENT.length;
    const number = this.#texts.fingerprints.numberOf(text.slice(0, end));
    let rest = number === Interned.NONE ? text : text.slice(end);
    this.#has |= at.HAS_FINGERPRINT;
    if (rest.endsWith(' ')) {
      this.#has |= at.SPACED_FINGERPRINT;
      rest = rest.slice(0, -1);
    }
    if (isHex(rest)) {
      this.#has |= at.HEX_FINGERPRINT;
      this.#rare.hex(rest);
    } else {
      this.#rare.text(rest);
    }
    return Math.max(0, number);
  }

  #rareOfFile(inode: FileInode, listed: boolean): void {
    if (inode.tempUfsPath !== '') {
      this.#has |= at.HAS_TEMPORARY;
      this.#rare.text(inode.tempUfsPath);
    }
    if (listed) {
      this.#has |= at.HAS_BLOCKS;
      this.#rare.count(inode.blocks.length);
      for (const block of inode.blocks) this.#rare.long(block);
    }
  }

  #xattr(xattr: ReadonlyMap<string, Uint8Array>): void {
    this.#has |= at.HAS_XATTR;
    this.#rare.count(xattr.size);
    for (const [name, value] of xattr) {
      this.#rare.text(name);
      this.#rare.blob(value);
    }
  }

  #acl(acl: ExtendedAcl): void {
    this.#has |= at.HAS_ACL;
    this.#aclEntries(acl);
  }

  #defaultAcl(acl: DefaultAcl): void {
    this.#has |= at.HAS_DEFAULT_ACL;
    this.#rare.number(acl.mode);
    this.#aclEntries(acl);
  }

  #aclEntries(acl: ExtendedAcl): void {
    for (const named of [acl.users, acl.groups]) {
      this.#rare.count(named.size);
      for (const [name, bits] of named) {
        this.#rare.text(name);
        this.#rare.number(bits);
      }
    }
    this.#rare.count(acl.mask === undefined ? 0 : 1);
    if (acl.mask !== undefined) this.#rare.number(acl.mask);
  }

  #finish(): void {
    this.#draft.words[1] = this.#has;
    const { length } = this.#rare;
    const start = this.#unit * UNIT_BYTES;
    this.byteLength = start + length;
    if (length === 0) return;
    this.#reserve(this.#unit + ((length + UNIT_BYTES - 1) >>> 3));
    this.#draft.bytes.set(this.#rare.bytes.subarray(0, length), start);
  }

  /** Keeps what is written already. */
  #reserve(units: number): void {
    const has = this.#draft.numbers.length;
    if (units <= has && (has <= MAX_KEPT_UNITS || units > MAX_KEPT_UNITS)) return;
    const grown = new Page(Math.max(FIRST_UNITS, units), 0);
    grown.bytes.set(this.#draft.bytes.subarray(0, Math.min(this.#draft.bytes.length, grown.bytes.length)));
    this.#draft = grown;
  }
}

/** Of a power of two below 2^31; -1 for what is none. */
function exponentOf(value: number): number {
  return value > 0 && (value | 0) === value && (value & (value - 1)) === 0 ? 31 - Math.clz32(value) : -1;
}

/** How many blocks there are, when their ids follow from the file's; else -1. */
function countedBlocks(inode: FileInode): number {
  const { blocks } = inode;
  if (blocks.length === 0) return 0;
  if (blocks.length > at.MAX_COUNTED_BLOCKS) return -1;
  for (let i = 0; i < blocks.length; i++) if (!isBlockOf(inode, blocks[i]!, i)) return -1;
  return blocks.length;
}

function isBlockOf(inode: FileInode, block: BlockId, index: number): boolean {
  key.load(inode.id);
  const { high, low } = key;
  key.load(block);
  return key.high === high && key.low === ((low & 0xff00_0000) | index) >>> 0;
}
