// Reads what java.io.ObjectOutputStream writes (Java Object Serialization Specification, chapter 6). Job requests of Java clients come
// so. No class is ever loaded and no code of the stream runs: the answer is names and values, and it is never larger than the bytes.
import { fail } from '@alluvium/base';
import type { JavaObject, JavaValue } from './values.js';

export interface JavaLimits {
  readonly maxBytes: number;
  /** Objects within objects. */
  readonly maxDepth: number;
  /** Objects, strings, arrays and classes in all. */
  readonly maxHandles: number;
}

export const defaultJavaLimits: JavaLimits = { maxBytes: 1 << 20, maxDepth: 64, maxHandles: 20_000 };

interface ClassDescription {
  readonly name: string;
  flags: number;
  fields: readonly FieldDescription[];
  parent: ClassDescription | undefined;
}

interface FieldDescription {
  readonly type: string;
  readonly name: string;
}

type Handle = { readonly value: JavaValue } | { readonly description: ClassDescription };

const TC_NULL = 0x70;
const TC_REFERENCE = 0x71;
const TC_CLASSDESC = 0x72;
const TC_OBJECT = 0x73;
const TC_STRING = 0x74;
const TC_ARRAY = 0x75;
const TC_CLASS = 0x76;
const TC_BLOCKDATA = 0x77;
const TC_ENDBLOCKDATA = 0x78;
const TC_BLOCKDATALONG = 0x7a;
const TC_LONGSTRING = 0x7c;
const TC_ENUM = 0x7e;

const BASE_HANDLE = 0x7e0000;
const MAGIC = 0xaced0005;

const SC_WRITE_METHOD = 0x01;
const SC_SERIALIZABLE = 0x02;
const SC_EXTERNALIZABLE = 0x04;
const SC_BLOCK_DATA = 0x08;

/** The first object of a stream. Throws `invalidArgument` for what is malformed, too large, or of a kind that no request needs. */
export function readJavaObject(bytes: Uint8Array, limits: JavaLimits = defaultJavaLimits): JavaValue {
  if (bytes.length > limits.maxBytes) throw malformed(`it has ${bytes.length} bytes; at most ${limits.maxBytes} wanted`);
  return new ObjectReader(bytes, limits).read();
}

function malformed(why: string): Error {
  return fail('invalidArgument', `Cannot read a Java object: ${why}`);
}

class ObjectReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limits: JavaLimits;
  readonly #handles: Handle[] = [];
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array, limits: JavaLimits) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
  }

  read(): JavaValue {
    if (this.#view.getUint32(this.#take(4)) !== MAGIC) throw malformed('it does not begin like an object stream');
    return this.#content();
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#bytes.length - at) throw malformed(`it ends at byte ${this.#bytes.length}, in the middle of something`);
    this.#at = at + bytes;
    return at;
  }

  #byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #content(): JavaValue {
    if (++this.#depth > this.#limits.maxDepth)
      throw malformed(`more than ${this.#limits.maxDepth} objects or classes lie within each other`);
    const value = this.#contentOf(this.#byte());
    this.#depth--;
    return value;
  }

  #contentOf(code: number): JavaValue {
    switch (code) {
      case TC_NULL:
        return null;
      case TC_REFERENCE:
        return this.#referred();
      case TC_OBJECT:
        return this.#object();
      case TC_STRING:
        return this.#string(this.#view.getUint16(this.#take(2)));
      case TC_LONGSTRING:
        return this.#string(this.#longLength());
      case TC_ARRAY:
        return this.#array();
      case TC_CLASS:
        return this.#class();
      case TC_ENUM:
        return this.#enum();
      case TC_BLOCKDATA:
        return this.#raw(this.#byte());
      case TC_BLOCKDATALONG:
        return this.#raw(this.#view.getUint32(this.#take(4)));
      default:
        throw malformed(`byte ${this.#at - 1} is ${code.toString(16)}, which begins nothing that is wanted here`);
    }
  }

  #keep(handle: Handle): number {
    if (this.#handles.length >= this.#limits.maxHandles) throw malformed(`it holds more than ${this.#limits.maxHandles} objects`);
    return this.#handles.push(handle) - 1;
  }

  #handle(): Handle {
    const handle = this.#handles[this.#view.getInt32(this.#take(4)) - BASE_HANDLE];
    if (handle === undefined) throw malformed(`byte ${this.#at - 4} refers to something that has not been there`);
    return handle;
  }

  #referred(): JavaValue {
    const handle = this.#handle();
    if ('value' in handle) return handle.value;
    throw malformed(`byte ${this.#at - 4} refers to a class where a value is wanted`);
  }

  #longLength(): number {
    const length = this.#view.getBigUint64(this.#take(8));
    if (length > BigInt(this.#bytes.length)) throw malformed('a string is longer than all of it');
    return Number(length);
  }

  #string(length: number): string {
    const value = this.#characters(length);
    this.#keep({ value });
    return value;
  }

  /** Java's modified UTF-8: no byte is 0, and what lies beyond 16 bits is two surrogates of three bytes each. */
  #characters(length: number): string {
    const start = this.#take(length);
    const bytes = this.#bytes.subarray(start, start + length);
    const parts: string[] = [];
    let units: number[] = [];
    for (let i = 0; i < length;) {
      const first = bytes[i++]!;
      if (first < 0x80) units.push(first);
      else if (first >> 5 === 0b110) units.push(((first & 0x1f) << 6) | this.#tail(bytes, i++));
      else if (first >> 4 === 0b1110) units.push(((first & 0x0f) << 12) | (this.#tail(bytes, i++) << 6) | this.#tail(bytes, i++));
      else throw malformed('a string is not in Java\u2019s UTF-8');
      if (units.length >= 4096) {
        parts.push(String.fromCharCode(...units));
        units = [];
      }
    }
    return parts.join('') + String.fromCharCode(...units);
  }

  #tail(bytes: Uint8Array, at: number): number {
    const byte = bytes[at];
    if (byte === undefined || byte >> 6 !== 0b10) throw malformed('a string is not in Java\u2019s UTF-8');
    return byte & 0x3f;
  }

  #raw(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.slice(start, start + length);
  }

  /** A class, described here or before; undefined at the top of a hierarchy. */
  #description(): ClassDescription | undefined {
    if (++this.#depth > this.#limits.maxDepth)
      throw malformed(`more than ${this.#limits.maxDepth} objects or classes lie within each other`);
    const description = this.#describedBy(this.#byte());
    this.#depth--;
    return description;
  }

  #describedBy(code: number): ClassDescription | undefined {
    if (code === TC_NULL) return undefined;
    if (code === TC_CLASSDESC) return this.#newDescription();
    const handle = code === TC_REFERENCE ? this.#handle() : undefined;
    if (handle === undefined || !('description' in handle)) throw malformed(`a class is wanted at byte ${this.#at - 1}`);
    return handle.description;
  }

  #newDescription(): ClassDescription {
    const name = this.#characters(this.#view.getUint16(this.#take(2)));
    // The version of the class says nothing about where its fields lie.
    this.#take(8);
    const description: ClassDescription = { name, flags: 0, fields: [], parent: undefined };
    this.#keep({ description });
    description.flags = this.#byte();
    const fields: FieldDescription[] = [];
    for (let left = this.#view.getUint16(this.#take(2)); left > 0; left--) {
      const type = String.fromCharCode(this.#byte());
      const field = { type, name: this.#characters(this.#view.getUint16(this.#take(2))) };
      if (type === '[' || type === 'L') this.#typeName();
      else if (!'BCDFIJSZ'.includes(type)) throw malformed(`the field ${field.name} of ${name} has no type that Java has`);
      fields.push(field);
    }
    description.fields = fields;
    this.#extra();
    description.parent = this.#description();
    return description;
  }

  #typeName(): void {
    if (typeof this.#content() !== 'string') throw malformed('the type of a field is not a string');
  }

  #requireDescription(): ClassDescription {
    const description = this.#description();
    if (description === undefined) throw malformed('an object has no class');
    return description;
  }

  #object(): JavaObject {
    const description = this.#requireDescription();
    const fields = new Map<string, JavaValue>();
    const extra: JavaValue[] = [];
    const object: JavaObject = { kind: 'object', className: description.name, fields, extra };
    this.#keep({ value: object });
    const lineage: ClassDescription[] = [];
    for (let at: ClassDescription | undefined = description; at !== undefined; at = at.parent) {
      if (lineage.push(at) > this.#limits.maxDepth) throw malformed(`the class ${description.name} has no end of superclasses`);
    }
    for (const part of lineage.reverse()) this.#part(part, fields, extra);
    return object;
  }

  /** What one class of the hierarchy has written. */
  #part({ name, flags, fields: described }: ClassDescription, fields: Map<string, JavaValue>, extra: JavaValue[]): void {
    if ((flags & SC_SERIALIZABLE) !== 0) {
      for (const field of described) fields.set(field.name, this.#field(field.type));
      if ((flags & SC_WRITE_METHOD) !== 0) extra.push(...this.#extra());
    } else if ((flags & SC_EXTERNALIZABLE) !== 0) {
      if ((flags & SC_BLOCK_DATA) === 0) throw malformed(`${name} is written in a form whose end nobody can see`);
      extra.push(...this.#extra());
    }
  }

  #field(type: string): JavaValue {
    const view = this.#view;
    switch (type) {
      case 'B':
        return view.getInt8(this.#take(1));
      case 'C':
        return String.fromCharCode(view.getUint16(this.#take(2)));
      case 'D':
        return view.getFloat64(this.#take(8));
      case 'F':
        return view.getFloat32(this.#take(4));
      case 'I':
        return view.getInt32(this.#take(4));
      case 'J':
        return view.getBigInt64(this.#take(8));
      case 'S':
        return view.getInt16(this.#take(2));
      case 'Z':
        return this.#byte() !== 0;
      default:
        return this.#content();
    }
  }

  #extra(): JavaValue[] {
    const extra: JavaValue[] = [];
    while (this.#bytes[this.#at] !== TC_ENDBLOCKDATA) extra.push(this.#content());
    this.#take(1);
    return extra;
  }

  #array(): JavaValue {
    const { name } = this.#requireDescription();
    const type = name[1];
    if (name[0] !== '[' || type === undefined) throw malformed(`${name} is no array`);
    if (type === 'B') {
      const slot = this.#keep({ value: null });
      const bytes = this.#raw(this.#view.getUint32(this.#take(4)));
      this.#handles[slot] = { value: bytes };
      return bytes;
    }
    const items: JavaValue[] = [];
    const array: JavaValue = { kind: 'array', className: name, items };
    this.#keep({ value: array });
    // Each item takes a byte at least, so a length that lies ends with the bytes.
    for (let left = this.#view.getUint32(this.#take(4)); left > 0; left--) items.push(this.#field(type));
    return array;
  }

  #class(): JavaValue {
    const value: JavaValue = { kind: 'class', className: this.#requireDescription().name };
    this.#keep({ value });
    return value;
  }

  #enum(): JavaValue {
    const { name } = this.#requireDescription();
    const slot = this.#keep({ value: null });
    const constant = this.#content();
    if (typeof constant !== 'string') throw malformed(`a constant of ${name} has no name`);
    const value: JavaValue = { kind: 'enum', className: name, constant };
    this.#handles[slot] = { value };
    return value;
  }
}
