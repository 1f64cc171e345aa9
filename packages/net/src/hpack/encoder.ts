import { STATIC_TABLE } from './static-table.js';

// Header blocks that we send use the static table and plain literals only. They leave the peer's table alone, so a block
// can be encoded once and sent on any connection, any number of times.

const indexOfField = new Map<string, number>();
const indexOfName = new Map<string, number>();
STATIC_TABLE.forEach(([name, value], i) => {
  indexOfField.set(`${name}\0${value}`, i + 1);
  if (!indexOfName.has(name)) indexOfName.set(name, i + 1);
});

/** Encodes fields, given as name, value, name, value, ... (lower-case names, Latin-1 values). */
export function encodeHeaders(fields: readonly string[]): Buffer {
  const out: number[] = [];
  for (let i = 0; i < fields.length; i += 2) encodeField(out, fields[i]!, fields[i + 1]!);
  return Buffer.from(out);
}

function encodeField(out: number[], name: string, value: string): void {
  const whole = indexOfField.get(`${name}\0${value}`);
  if (whole !== undefined) return encodeInteger(out, 0x80, 0x7f, whole);
  const nameIndex = indexOfName.get(name) ?? 0;
  encodeInteger(out, 0, 0x0f, nameIndex);
  if (nameIndex === 0) encodeString(out, name);
  encodeString(out, value);
}

function encodeString(out: number[], text: string): void {
  encodeInteger(out, 0, 0x7f, text.length);
  for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i) & 0xff);
}

function encodeInteger(out: number[], pattern: number, mask: number, value: number): void {
  if (value < mask) {
    out.push(pattern | value);
    return;
  }
  out.push(pattern | mask);
  let rest = value - mask;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest & 0x7f) | 0x80);
  out.push(rest);
}
