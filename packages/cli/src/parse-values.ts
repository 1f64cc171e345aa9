// What the text of an option or argument may be. A text that is none of it is a usage error.
import { messageOf, parseBytes, parseDurationMs } from '@alluvium/base';
import { InvalidArgumentError } from 'commander';

function reading<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  };
}

/** Bytes, 0 or more: `1024`, `64KB`. */
export const sizeValue = reading((text) => notNegative(parseBytes(text), text));

/** Bytes, 0 or more, or `none`; as it was typed. */
export function quotaValue(text: string): string {
  if (text !== 'none') sizeValue(text);
  return text;
}

/** Milliseconds, 0 or more: `90s`, `1h`. */
export const durationValue = reading((text) => notNegative(parseDurationMs(text), text));

function notNegative(value: number, text: string): number {
  if (value < 0) throw new InvalidArgumentError(`${text} is less than 0.`);
  return value;
}

/** An id: of a block, a file, a task. */
export function idValue(text: string): bigint {
  if (!/^\d{1,19}$/.test(text) || BigInt(text) >= 2n ** 63n) throw new InvalidArgumentError('An id is wanted: a number of up to 63 bits.');
  return BigInt(text);
}

export function countValue(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1000) throw new InvalidArgumentError('A number from 1 to 1000 is wanted.');
  return value;
}

/** `user` or `user:group`. */
export function ownerValue(text: string): { readonly owner: string; readonly group: string | undefined } {
  const match = /^([^:\s]+)(?::([^:\s]+))?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('user or user:group is wanted.');
  return { owner: match[1]!, group: match[2] };
}

/** How many a second, more than 0. */
export function rateValue(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value > 1e6)
    throw new InvalidArgumentError('A number above 0, up to 1000000, is wanted.');
  return value;
}

/** Gathers `name=value` pairs. */
export function propertyValue(text: string, previous: unknown): Readonly<Record<string, string>> {
  const cut = text.indexOf('=');
  if (cut < 1) throw new InvalidArgumentError('name=value is wanted.');
  return { ...(previous as Readonly<Record<string, string>> | undefined), [text.slice(0, cut)]: text.slice(cut + 1) };
}

/** The sequence of a change, 0 or more. */
export function sequenceValue(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('A whole number is wanted.');
  return BigInt(text);
}

/** How many changes, 1 or more. */
export function changesValue(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('A number from 1 is wanted.');
  return Number(text);
}

/** How many files of a queue, up to what a master shows at once. */
export function queueLimitValue(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 10_000) throw new InvalidArgumentError('A number up to 10000 is wanted.');
  return Number(text);
}

/** How many copies, 0 or more. */
export function copiesValue(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('A whole number is wanted.');
  return Number(text);
}

/** Like {@link copiesValue}, or -1 for any number. */
export function mostCopiesValue(text: string): number {
  return text === '-1' ? -1 : copiesValue(text);
}
