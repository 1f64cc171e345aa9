// Messages of ours inside messages of Alluxio: one field of a number that Alluxio does not use, which its classes step over.
import { BinaryReader } from './codec/reader.js';
import { BinaryWriter } from './codec/writer.js';

interface MessageType<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

interface Extensible {
  readonly _unknownFields?: { readonly [tag: number]: readonly Uint8Array[] } | undefined;
}

const LENGTH_DELIMITED = 2;
const TAG = (2000 << 3) | LENGTH_DELIMITED;

/** To be spread into the message that carries `message`. */
export function addition<T>(type: MessageType<T>, message: T): { readonly _unknownFields: { [tag: number]: Uint8Array[] } } {
  const writer = new BinaryWriter();
  type.encode(message, writer.fork()).join();
  return { _unknownFields: { [TAG]: [writer.finish()] } };
}

/** What {@link addition} has put into a message; undefined when nobody did. Throws `internal` when it is malformed. */
export function additionTo<T>(type: MessageType<T>, message: Extensible | undefined): T | undefined {
  const bytes = message?._unknownFields?.[TAG]?.at(-1);
  if (bytes === undefined) return undefined;
  const reader = new BinaryReader(bytes);
  return type.decode(reader, reader.uint32());
}
