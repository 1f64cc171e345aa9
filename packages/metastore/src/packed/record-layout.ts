// How an inode lies in its cell. Units of 8 bytes, words of 4:
//
//   word 0   kind, small enumerations, flags, mode, block size       word 1   which of the fields below are there
//   word 2-3 id                                                      word 4-5 parent's id
//   word 6-7 creation time (a number)                                word 8   owner, group (interned, 16 bits each)
//   word 9   hash of the edge                                        word 10  length of the name in code units
//   word 11  beginning of the fingerprint (interned, 16 bits), number of blocks (16 bits)
//   name (one byte a code unit, or two), padded to a unit; numbers of which each is there or not; what few have, as bytes

export const WORD_ID = 2;
export const WORD_PARENT = 4;
export const UNIT_CREATED = 3;
export const WORD_OWNERS = 8;
export const WORD_HASH = 9;
export const WORD_NAME_LENGTH = 10;
export const WORD_CONTENT = 11;
export const HEADER_UNITS = 6;
export const HEADER_BYTES = 8 * HEADER_UNITS;

// Word 0.
export const DIRECTORY = 1 << 0;
export const PERSISTENCE_SHIFT = 1;
export const TTL_ACTION_SHIFT = 3;
export const PINNED = 1 << 5;
/** Of a file. */
export const COMPLETED = 1 << 6;
/** Of a directory. */
export const MOUNT_POINT = 1 << 6;
export const CHILDREN_LOADED = 1 << 7;
/** The name has code units of more than eight bits. */
export const WIDE_NAME = 1 << 8;
export const MODE_SHIFT = 9;
export const MODE_MASK = 0xfff;
/** The block size is 2 to the power of this. */
export const BLOCK_SIZE_SHIFT = 21;
export const BLOCK_SIZE_MASK = 0x1f;

// Word 1: numbers, in this order. What is not there has the value that most have.
export const HAS_MODIFIED = 1 << 0;
export const HAS_ACCESSED = 1 << 1;
export const HAS_TTL = 1 << 2;
export const HAS_LENGTH = 1 << 3;
export const HAS_BLOCK_SIZE = 1 << 4;
export const HAS_PERSIST_TIME = 1 << 5;
export const HAS_REPLICATION_MAX = 1 << 6;
export const HAS_REPLICATION_MIN = 1 << 7;
export const HAS_REPLICATION_DURABLE = 1 << 8;
export const HAS_MODE = 1 << 9;
export const HAS_JOB = 1 << 10;
// Word 1: what few have, in this order.
export const HAS_OWNER = 1 << 16;
export const HAS_GROUP = 1 << 17;
export const HAS_MEDIA = 1 << 18;
export const HAS_FINGERPRINT = 1 << 19;
/** It is the text of bytes. */
export const HEX_FINGERPRINT = 1 << 20;
/** It ends with a space, which is left away. */
export const SPACED_FINGERPRINT = 1 << 21;
export const HAS_TEMPORARY = 1 << 22;
export const HAS_BLOCKS = 1 << 23;
export const HAS_XATTR = 1 << 24;
export const HAS_ACL = 1 << 25;
export const HAS_DEFAULT_ACL = 1 << 26;
export const HAS_RARE =
  HAS_OWNER | HAS_GROUP | HAS_MEDIA | HAS_FINGERPRINT | HAS_TEMPORARY | HAS_BLOCKS | HAS_XATTR | HAS_ACL | HAS_DEFAULT_ACL;

export const NO_TTL = -1;
export const NO_PERSIST_TIME = -1;
export const NO_JOB = -1n;
export const NO_REPLICATION_MAX = -1;
export const NO_REPLICATION_MIN = 0;
export const USUAL_REPLICATION_DURABLE = 1;
/** Blocks whose ids do not follow from the file's are listed. */
export const MAX_COUNTED_BLOCKS = 0xffff;
/** Numbers of 16 bits. */
export const MAX_INTERNED = 0x1_0000;
