import { ROOT_PATH, joinPath, type NormalPath } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import { BinaryWriter, fileSystemMaster as fs } from '@alluvium/wire';
import { ufsUriOf, type Mount } from '../mount/mount.js';
import { addBlocks, fileInfoOf, type FileInfoSources } from './file-info.js';

// Listings make most FileInfos, and neighbours differ in little. This writes them straight into the reply's bytes: what is the same as
// for the one before, which is half of it, is copied from there. For what is rare it asks fileInfoOf.

const FILE_INFOS = (1 << 3) | 2;
// Fields of FileInfo that differ from file to file; see fileInfoOf for all of them.
const FILE_ID = 1 << 3;
const NAME = (2 << 3) | 2;
const PATH = (3 << 3) | 2;
const UFS_PATH = (4 << 3) | 2;
const LENGTH = 5 << 3;
const CREATION_TIME = 7 << 3;
const BLOCK_IDS = 13 << 3;
const MODIFICATION_TIME = 14 << 3;
const FILE_BLOCK_INFOS = (21 << 3) | 2;
const IN_ALLUXIO = 24 << 3;
const IN_MEMORY = 25 << 3;
const FINGERPRINT = (26 << 3) | 2;
const ACCESS_TIME = 31 << 3;
const NOTHING = Buffer.alloc(0);

/** What inodes may have in common, and how that is written. */
interface Like {
  readonly inode: Inode;
  readonly mount: Mount;
  readonly bytes: Uint8Array;
}

/** Makes ListStatusPResponse messages. */
export class ListingEncoder {
  readonly #from: FileInfoSources;
  readonly #writer = new BinaryWriter();
  #count = 0;
  #file: Like | undefined;
  #directory: Like | undefined;
  #parent: string | undefined;
  #parentMount: Mount | undefined;
  /** Path and URI of the directory whose children come, with a `/` behind. */
  #path = NOTHING;
  #uri = NOTHING;

  constructor(from: FileInfoSources) {
    this.#from = from;
  }

  /** FileInfos in the message that is being made. */
  get count(): number {
    return this.#count;
  }

  /** The message, whose bytes nobody writes to again; the next one is empty. */
  finish(): Uint8Array {
    this.#count = 0;
    return this.#writer.finish();
  }

  /** Adds an inode of any place. */
  add(inode: Inode, path: NormalPath, mount: Mount): void {
    this.#count++;
    fs.FileInfo.encode(fileInfoOf(this.#from, inode, path, mount), this.#writer.uint32(FILE_INFOS).fork()).join();
  }

  /** Adds a child of the directory at `parent` that is in the mount of the directory: no mount point itself. */
  addChild(inode: Inode, parent: NormalPath, mount: Mount): void {
    if (isRare(inode)) return this.add(inode, joinPath(parent, inode.name), mount);
    this.#count++;
    if (parent !== this.#parent || mount !== this.#parentMount) this.#enter(parent, mount);
    const writer = this.#writer.uint32(FILE_INFOS).fork();
    writer.uint32(FILE_ID).int64(inode.id);
    writer.uint32(NAME).prefixedString(NOTHING, inode.name);
    writer.uint32(PATH).prefixedString(this.#path, inode.name);
    writer.uint32(UFS_PATH).prefixedString(this.#uri, inode.name);
    writer.uint32(LENGTH).uint53(inode.kind === 'file' ? inode.length : this.#from.tree.childCount(inode.id));
    writer.uint32(CREATION_TIME).uint53(inode.creationTimeMs);
    writer.uint32(MODIFICATION_TIME).uint53(inode.modificationTimeMs);
    writer.uint32(ACCESS_TIME).uint53(inode.accessTimeMs);
    writer.uint32(FINGERPRINT).string(inode.fingerprint);
    if (inode.kind === 'file') this.#blocks(inode);
    else writer.uint32(IN_ALLUXIO).int32(0).uint32(IN_MEMORY).int32(0);
    writer.raw(this.#likeThis(inode, mount));
    writer.join();
  }

  #enter(parent: NormalPath, mount: Mount): void {
    this.#parent = parent;
    this.#parentMount = mount;
    this.#path = Buffer.from(joinPath(parent, ''));
    this.#uri = Buffer.from(ufsUriOf(mount, joinPath(parent, 'x')).slice(0, -1));
  }

  #blocks(inode: Extract<Inode, { kind: 'file' }>): void {
    const writer = this.#writer;
    for (const id of inode.blocks) writer.uint32(BLOCK_IDS).int64(id);
    const { inAlluxio, inMemory } = addBlocks(this.#from.blocks, inode, (info) => {
      fs.FileBlockInfo.encode(info, writer.uint32(FILE_BLOCK_INFOS).fork()).join();
    });
    writer.uint32(IN_ALLUXIO).int32(inAlluxio).uint32(IN_MEMORY).int32(inMemory);
  }

  /** The fields that are not written one by one, from the last inode that was alike in them. */
  #likeThis(inode: Inode, mount: Mount): Uint8Array {
    const last = inode.kind === 'file' ? this.#file : this.#directory;
    if (last !== undefined && last.mount === mount && areAlike(last.inode, inode)) return last.bytes;
    const info = fileInfoOf(this.#from, inode, ROOT_PATH, mount);
    for (const field of ONE_BY_ONE) delete info[field];
    const like = { inode, mount, bytes: Uint8Array.from(fs.FileInfo.encode({ ...info, blockIds: [], fileBlockInfos: [] }).finish()) };
    if (inode.kind === 'file') this.#file = like;
    else this.#directory = like;
    return like.bytes;
  }
}

const ONE_BY_ONE = [
  'fileId',
  'name',
  'path',
  'ufsPath',
  'length',
  'creationTimeMs',
  'lastModificationTimeMs',
  'lastAccessTimeMs',
  'ufsFingerprint',
  'inAlluxioPercentage',
  'inMemoryPercentage',
] as const;

function isRare(inode: Inode): boolean {
  if (inode.acl !== undefined || inode.xattr !== undefined || inode.pinnedMedia.length > 0) return true;
  if (inode.creationTimeMs < 0 || inode.modificationTimeMs < 0 || inode.accessTimeMs < 0) return true;
  return inode.kind === 'directory' && (inode.mountPoint || inode.defaultAcl !== undefined);
}

/** Whether two inodes of a kind that are not rare are the same in what is not written one by one. */
function areAlike(a: Inode, b: Inode): boolean {
  if (a.owner !== b.owner || a.group !== b.group || a.mode !== b.mode || a.persistence !== b.persistence) return false;
  if (a.pinned !== b.pinned || a.ttlMs !== b.ttlMs || a.ttlAction !== b.ttlAction) return false;
  if (a.kind === 'directory' || b.kind === 'directory') return a.kind === b.kind;
  if (a.blockSizeBytes !== b.blockSizeBytes || a.completed !== b.completed) return false;
  return a.replicationMax === b.replicationMax && a.replicationMin === b.replicationMin;
}
