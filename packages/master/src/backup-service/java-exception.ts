// A failed backup is told to Java clients as a serialised alluxio.exception.BackupException; without one their shell ends with a
// NullPointerException. The Java Object Serialization Specification, version 2, has the grammar of the stream (section 6.4).

const STREAM_HEADER = [0xac, 0xed, 0x00, 0x05];
const TC_NULL = 0x70;
const TC_CLASSDESC = 0x72;
const TC_OBJECT = 0x73;
const TC_STRING = 0x74;
const TC_ENDBLOCKDATA = 0x78;
const SC_WRITE_METHOD = 0x01;
const SC_SERIALIZABLE = 0x02;

/** Classes from the most special to the most general, with their serialVersionUIDs. */
const CLASSES: readonly (readonly [name: string, uid: bigint])[] = [
  ['alluxio.exception.BackupException', 0x66ecc0bde8c1e11dn],
  ['alluxio.exception.AlluxioException', 0x1f23b31126eed990n],
  ['java.lang.Exception', 0xd0fd1f3e1a3b1cc4n],
];
const THROWABLE: readonly [name: string, uid: bigint] = ['java.lang.Throwable', 0xd5c635273977b8cbn];
/** A string of the stream has at most 65535 bytes, and a character takes up to three. */
const MAX_CHARACTERS = 20_000;

/** The bytes of an exception with this message; its cause and its stack trace are absent. */
export function javaBackupException(message: string): Buffer {
  return Buffer.concat([
    Buffer.from([...STREAM_HEADER, TC_OBJECT]),
    ...CLASSES.map(([name, uid]) => Buffer.concat([classStart(name, uid, SC_SERIALIZABLE), Buffer.from([0, 0, TC_ENDBLOCKDATA])])),
    // Throwable writes its fields itself; of them only the message is there.
    classStart(...THROWABLE, SC_SERIALIZABLE | SC_WRITE_METHOD),
    Buffer.from([0, 1, 'L'.charCodeAt(0)]),
    utf('detailMessage'),
    Buffer.from([TC_STRING]),
    utf('Ljava/lang/String;'),
    Buffer.from([TC_ENDBLOCKDATA, TC_NULL, TC_STRING]),
    utf(message.slice(0, MAX_CHARACTERS)),
    Buffer.from([TC_ENDBLOCKDATA]),
  ]);
}

function classStart(name: string, uid: bigint, flags: number): Buffer {
  const id = Buffer.alloc(9);
  id.writeBigUInt64BE(uid);
  id.writeUInt8(flags, 8);
  return Buffer.concat([Buffer.from([TC_CLASSDESC]), utf(name), id]);
}

/** Java's modified UTF-8 with its length in front: each half of a surrogate pair by itself, NUL in two bytes. */
function utf(text: string): Buffer {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0 && unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from([bytes.length >> 8, bytes.length & 0xff, ...bytes]);
}
