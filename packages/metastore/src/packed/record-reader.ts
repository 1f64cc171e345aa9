import type { BlockId, InodeId } from '@alluvium/base';
import type { DefaultAcl, DirectoryInode, ExtendedAcl, FileInode, Inode } from '../inode.js';
import { blockOf } from './hash.js';
import { RareReader } from './rare-bytes.js';
import * as at from './record-layout.js';
import type { RecordTexts } from './record-writer.js';
import { UNIT_BYTES, type Page } from './slab.js';
import { PERSISTENCE, TTL_ACTIONS } from '../inode-words.js';

const NO_MEDIA: readonly string[] = Object.freeze([]);
const NO_BLOCKS: readonly BlockId[] = Object.freeze([]);

/** What few inodes have. */
interface Rare {
  owner: string | undefined;
  group: string | undefined;
  pinnedMedia: readonly string[];
  fingerprint: string;
  tempUfsPath: string;
  blocks: readonly BlockId[] | undefined;
  xattr: ReadonlyMap<string, Uint8Array> | undefined;
  acl: ExtendedAcl | undefined;
  defaultAcl: DefaultAcl | undefined;
}

const NOTHING_RARE: Readonly<Rare> = {
  owner: undefined,
  group: undefined,
  pinnedMedia: NO_MEDIA,
  fingerprint: '',
  tempUfsPath: '',
  blocks: undefined,
  xattr: undefined,
  acl: undefined,
  defaultAcl: undefined,
};

/** Makes inodes of what lies in cells. */
export class RecordReader {
  readonly #texts: RecordTexts;

  constructor(texts: RecordTexts) {
    this.#texts = texts;
  }

  nameOf(page: Page, unit: number): string {
    const start = (unit + at.HEADER_UNITS) * UNIT_BYTES;
    const length = page.words[2 * unit + at.WORD_NAME_LENGTH]!;
    return (page.words[2 * unit]! & at.WIDE_NAME) === 0
      ? page.bytes.toString('latin1', start, start + length)
      : page.bytes.toString('utf16le', start, start + 2 * length);
  }

  /** The inode in a cell; name and parent, when they are known, need not be made anew. */
  read(page: Page, unit: number, name: string | undefined, parentId: InodeId | undefined): Inode {
    const { words, longs } = page;
    const word = 2 * unit;
    const first = words[word]!;
    const id = longs[unit + at.WORD_ID / 2]! as InodeId;
    const parent = parentId ?? (longs[unit + at.WORD_PARENT / 2]! as InodeId);
    const nameBytes = words[word + at.WORD_NAME_LENGTH]! << ((first & at.WIDE_NAME) === 0 ? 0 : 1);
    const numbers = unit + at.HEADER_UNITS + ((nameBytes + UNIT_BYTES - 1) >>> 3);
    const ownName = name ?? this.nameOf(page, unit);
    return (first & at.DIRECTORY) === 0
      ? this.#file(page, unit, numbers, id, parent, ownName)
      : this.#directory(page, unit, numbers, id, parent, ownName);
  }

  #file(page: Page, unit: number, start: number, id: InodeId, parentId: InodeId, name: string): FileInode {
    const { words, numbers, longs } = page;
    const word = 2 * unit;
    const first = words[word]!;
    const has = words[word + 1]!;
    const owners = words[word + at.WORD_OWNERS]!;
    let next = start;
    const creationTimeMs = numbers[unit + at.UNIT_CREATED]!;
    const modificationTimeMs = has & at.HAS_MODIFIED ? numbers[next++]! : creationTimeMs;
    const accessTimeMs = has & at.HAS_ACCESSED ? numbers[next++]! : modificationTimeMs;
    const ttlMs = has & at.HAS_TTL ? numbers[next++]! : at.NO_TTL;
    const length = has & at.HAS_LENGTH ? numbers[next++]! : 0;
    const blockSizeBytes = has & at.HAS_BLOCK_SIZE ? numbers[next++]! : 1 << ((first >>> at.BLOCK_SIZE_SHIFT) & at.BLOCK_SIZE_MASK);
    const shouldPersistTimeMs = has & at.HAS_PERSIST_TIME ? numbers[next++]! : at.NO_PERSIST_TIME;
    const replicationMax = has & at.HAS_REPLICATION_MAX ? numbers[next++]! : at.NO_REPLICATION_MAX;
    const replicationMin = has & at.HAS_REPLICATION_MIN ? numbers[next++]! : at.NO_REPLICATION_MIN;
    const replicationDurable = has & at.HAS_REPLICATION_DURABLE ? numbers[next++]! : at.USUAL_REPLICATION_DURABLE;
    const mode = has & at.HAS_MODE ? numbers[next++]! : (first >>> at.MODE_SHIFT) & at.MODE_MASK;
    const persistJobId = has & at.HAS_JOB ? longs[next++]! : at.NO_JOB;
    const rare = has & at.HAS_RARE ? this.#rare(page, next, has, words[word + at.WORD_CONTENT]! & 0xffff) : NOTHING_RARE;
    return {
      kind: 'file',
      id,
      parentId,
      name,
      owner: rare.owner ?? this.#texts.owners.textOf(owners & 0xffff),
      group: rare.group ?? this.#texts.groups.textOf(owners >>> 16),
      mode,
      acl: rare.acl,
      creationTimeMs,
      modificationTimeMs,
      accessTimeMs,
      persistence: PERSISTENCE[(first >>> at.PERSISTENCE_SHIFT) & 3]!,
      pinned: (first & at.PINNED) !== 0,
      pinnedMedia: rare.pinnedMedia,
      ttlMs,
      ttlAction: TTL_ACTIONS[(first >>> at.TTL_ACTION_SHIFT) & 3]!,
      fingerprint: rare.fingerprint,
      xattr: rare.xattr,
      blockSizeBytes,
      length,
      completed: (first & at.COMPLETED) !== 0,
      blocks: rare.blocks ?? countedBlocks(page, unit),
      replicationMax,
      replicationMin,
      replicationDurable,
      persistJobId,
      tempUfsPath: rare.tempUfsPath,
      shouldPersistTimeMs,
    };
  }

  #directory(page: Page, unit: number, start: number, id: InodeId, parentId: InodeId, name: string): DirectoryInode {
    const { words, numbers } = page;
    const word = 2 * unit;
    const first = words[word]!;
    const has = words[word + 1]!;
    const owners = words[word + at.WORD_OWNERS]!;
    let next = start;
    const creationTimeMs = numbers[unit + at.UNIT_CREATED]!;
    const modificationTimeMs = has & at.HAS_MODIFIED ? numbers[next++]! : creationTimeMs;
    const accessTimeMs = has & at.HAS_ACCESSED ? numbers[next++]! : modificationTimeMs;
    const ttlMs = has & at.HAS_TTL ? numbers[next++]! : at.NO_TTL;
    const mode = has & at.HAS_MODE ? numbers[next++]! : (first >>> at.MODE_SHIFT) & at.MODE_MASK;
    const rare = has & at.HAS_RARE ? this.#rare(page, next, has, words[word + at.WORD_CONTENT]! & 0xffff) : NOTHING_RARE;
    return {
      kind: 'directory',
      id,
      parentId,
      name,
      owner: rare.owner ?? this.#texts.owners.textOf(owners & 0xffff),
      group: rare.group ?? this.#texts.groups.textOf(owners >>> 16),
      mode,
      acl: rare.acl,
      creationTimeMs,
      modificationTimeMs,
      accessTimeMs,
      persistence: PERSISTENCE[(first >>> at.PERSISTENCE_SHIFT) & 3]!,
      pinned: (first & at.PINNED) !== 0,
      pinnedMedia: rare.pinnedMedia,
      ttlMs,
      ttlAction: TTL_ACTIONS[(first >>> at.TTL_ACTION_SHIFT) & 3]!,
      fingerprint: rare.fingerprint,
      xattr: rare.xattr,
      mountPoint: (first & at.MOUNT_POINT) !== 0,
      childrenLoaded: (first & at.CHILDREN_LOADED) !== 0,
      defaultAcl: rare.defaultAcl,
    };
  }

  #rare(page: Page, unit: number, has: number, beginning: number): Rare {
    const from = new RareReader(page.bytes, unit * UNIT_BYTES);
    const rare: Rare = { ...NOTHING_RARE };
    if (has & at.HAS_OWNER) rare.owner = from.text();
    if (has & at.HAS_GROUP) rare.group = from.text();
    if (has & at.HAS_MEDIA) rare.pinnedMedia = Array.from({ length: from.count() }, () => from.text());
    if (has & at.HAS_FINGERPRINT) {
      const rest = has & at.HEX_FINGERPRINT ? from.hex() : from.text();
      rare.fingerprint = this.#texts.fingerprints.textOf(beginning) + (has & at.SPACED_FINGERPRINT ? `${rest} ` : rest);
    }
    if (has & at.HAS_TEMPORARY) rare.tempUfsPath = from.text();
    if (has & at.HAS_BLOCKS) rare.blocks = Array.from({ length: from.count() }, () => from.long() as BlockId);
    if (has & at.HAS_XATTR) rare.xattr = new Map(Array.from({ length: from.count() }, () => [from.text(), from.blob()]));
    if (has & at.HAS_ACL) rare.acl = readAcl(from);
    if (has & at.HAS_DEFAULT_ACL) rare.defaultAcl = { mode: from.number(), ...readAcl(from) };
    return rare;
  }
}

function readAcl(from: RareReader): ExtendedAcl {
  const users = new Map(Array.from({ length: from.count() }, () => [from.text(), from.number()]));
  const groups = new Map(Array.from({ length: from.count() }, () => [from.text(), from.number()]));
  return { users, groups, mask: from.count() === 0 ? undefined : from.number() };
}

/** The file's blocks whose ids follow from its own. */
function countedBlocks(page: Page, unit: number): readonly BlockId[] {
  const { words } = page;
  const count = words[2 * unit + at.WORD_CONTENT]! >>> 16;
  if (count === 0) return NO_BLOCKS;
  const first = words[2 * unit + at.WORD_ID]!;
  const second = words[2 * unit + at.WORD_ID + 1]!;
  const blocks: BlockId[] = [];
  for (let i = 0; i < count; i++) blocks.push(blockOf(first, second, i) as BlockId);
  return blocks;
}
