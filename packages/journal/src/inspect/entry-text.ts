// Journal entries as people read them: kinds and fields by the names that the protocol gives them, times as dates.
import { fileJournal } from '@alluvium/wire';
import type { JournalEntry } from '../journal.js';

/** A field's value as JSON has it: 64-bit numbers as text, times as ISO dates, bytes as text where they are, else base64. */
export type ReadableValue = string | number | boolean | readonly ReadableValue[] | { readonly [field: string]: ReadableValue };

export interface ReadableEntry {
  /** As in Alluxio's protocol, `inode_file`; for entries of this program's own, `alluvium.store_intent`. */
  readonly kind: string;
  readonly fields: Readonly<Record<string, ReadableValue>>;
  /** Of the request that it belongs to. */
  readonly operationId?: string;
}

const EXTENSION = 'alluvium';
const BESIDE: ReadonlySet<string> = new Set(['sequenceNumber', 'operationId', 'journalEntries', '_unknownFields']);

/** `unknown` with the field numbers for an entry of a kind that this version does not know. */
export function kindOfEntry(entry: JournalEntry): string {
  for (const name in entry) {
    if (BESIDE.has(name) || !isSet(entry[name as keyof JournalEntry])) continue;
    return name === EXTENSION ? `${EXTENSION}.${extensionKind(entry)}` : snake(name);
  }
  const unknown = Object.keys(entry._unknownFields ?? {}).map((tag) => Number(tag) >>> 3);
  return unknown.length === 0 ? 'empty' : `unknown ${unknown.join(' ')}`;
}

function extensionKind(entry: JournalEntry): string {
  const extension = entry.alluvium ?? {};
  for (const [name, value] of Object.entries(extension)) if (name !== '_unknownFields' && isSet(value)) return snake(name);
  return `unknown ${Object.keys(extension._unknownFields ?? {})
    .map((tag) => Number(tag) >>> 3)
    .join(' ')}`.trim();
}

export function readableEntry(entry: JournalEntry): ReadableEntry {
  const kind = kindOfEntry(entry);
  let content: object | undefined;
  for (const name in entry) {
    const value = entry[name as keyof JournalEntry];
    if (BESIDE.has(name) || !isSet(value)) continue;
    content =
      name === EXTENSION ? Object.entries(value as object).find(([at, inner]) => at !== '_unknownFields' && isSet(inner))?.[1] : value;
    break;
  }
  const id = entry.operationId;
  return {
    kind,
    fields: fieldsOf(content ?? {}),
    ...(id !== undefined && { operationId: uuid(id.mostSignificantBits ?? 0n, id.leastSignificantBits ?? 0n) }),
  };
}

/** One line: `inode_file id=50348425215 name="a" ...`. */
export function entryLine({ kind, fields, operationId }: ReadableEntry): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`);
  if (operationId !== undefined) words.push(`operation=${operationId}`);
  return [kind, ...words].join(' ');
}

function valueText(value: ReadableValue): string {
  if (typeof value === 'string' && /^[\w.:+-]+$/.test(value)) return value;
  return JSON.stringify(value);
}

function fieldsOf(message: object): Record<string, ReadableValue> {
  const out: Record<string, ReadableValue> = {};
  for (const [name, value] of Object.entries(message)) {
    if (!isSet(value) || isEmptyMap(value)) continue;
    if (name === '_unknownFields') for (const tag of Object.keys(value as object)) out[`unknown_${Number(tag) >>> 3}`] = '...';
    else out[snake(name)] = readable(name, value);
  }
  return out;
}

function readable(name: string, value: unknown): ReadableValue {
  if (typeof value === 'bigint') return isTime(name) ? timeText(value) : value.toString();
  if (typeof value === 'number') return enumName(name, value) ?? (name === 'mode' ? `0${value.toString(8)}` : value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return bytesText(value);
  if (Array.isArray(value)) return value.map((item) => readable(name, item));
  return fieldsOf(value as object);
}

const isTime = (name: string): boolean => /(timeMs|TimeMs|sinceMs|AttemptMs|shouldPersistTime|endTime|end_time)$/.test(name);

function timeText(value: bigint): string {
  const date = new Date(Number(value));
  return value > 0n && !Number.isNaN(date.getTime()) ? date.toISOString() : value.toString();
}

function bytesText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  return /^[\x20-\x7e]*$/.test(text) ? text : `base64:${buffer.toString('base64')}`;
}

const ENUMS: Readonly<Record<string, Readonly<Record<string, number | string>>>> = {
  ttlAction: fileJournal.PTtlAction,
  xAttrUpdateStrategy: fileJournal.XAttrUpdateStrategy,
  action: fileJournal.PSetAclAction,
  ufsMode: fileJournal.UfsMode,
};

function enumName(field: string, value: number): string | undefined {
  const names = ENUMS[field];
  return names === undefined ? undefined : Object.entries(names).find(([, number]) => number === value)?.[0];
}

function isSet(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

function isEmptyMap(value: unknown): boolean {
  return typeof value === 'object' && !(value instanceof Uint8Array) && Object.keys(value as object).length === 0;
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function uuid(most: bigint, least: bigint): string {
  const hex = (half: bigint): string => BigInt.asUintN(64, half).toString(16).padStart(16, '0');
  return `${hex(most)}${hex(least)}`.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
