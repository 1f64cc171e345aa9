// One JSON document per command, for programs.
import type { FileStatus } from '@alluvium/client';
import { formatEntry } from '../acl-entries.js';

/**
 * JSON text with bigints as numbers where a number holds them exactly (sizes, times) and as decimal strings where it does not.
 * Ids are always strings, so that their type never changes.
 */
export function toJson(value: unknown, space?: number): string {
  return JSON.stringify(value, replace, space);
}

const IDS: ReadonlySet<string> = new Set(['fileId', 'blockId', 'mountId', 'workerId', 'clusterId']);

function replace(key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  if (IDS.has(key)) return value.toString();
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** A status with its permission bits as they are typed, `"644"`, and extended attributes as base64. */
export function statusForJson(status: FileStatus): Record<string, unknown> {
  const xattr = Object.fromEntries(Object.entries(status.xattr).map(([name, value]) => [name, Buffer.from(value).toString('base64')]));
  const [acl, defaultAcl] = [status.acl.map(formatEntry), status.defaultAcl.map(formatEntry)];
  return { ...status, mode: status.mode.toString(8).padStart(3, '0'), acl, defaultAcl, xattr };
}
