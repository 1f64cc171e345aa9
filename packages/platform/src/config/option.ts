import { fail, parseBytes, parseDurationMs } from '@alluvium/base';

/**
 * An option is data: name (Alluxio's property name where one fits), type, default, doc. Flags, environment names, the site
 * file and docs/CONFIG.md are made from these declarations, which stand beside the code that uses them.
 */
export interface Option<T> {
  readonly name: string;
  readonly doc: string;
  /** As a properties file would have it; undefined when the option has no default. May hold `${other.option}`. */
  readonly defaultText: string | undefined;
  readonly secret: boolean;
  readonly type: OptionType;
  parse(text: string): T;
}

export type OptionType = 'string' | 'boolean' | 'integer' | 'port' | 'bytes' | 'duration' | 'list' | 'choice';

interface Declaration {
  readonly name: string;
  readonly doc: string;
  readonly default?: string;
  readonly secret?: boolean;
}

function option<T>(type: OptionType, d: Declaration, parse: (text: string) => T): Option<T> {
  return { name: d.name, doc: d.doc, defaultText: d.default, secret: d.secret ?? false, type, parse };
}

function bad(name: string, text: string, wanted: string): Error {
  return fail('invalidArgument', `Cannot use "${text}" for ${name}: ${wanted} wanted`);
}

export const stringOption = (d: Declaration): Option<string> => option('string', d, (text) => text);

export const booleanOption = (d: Declaration): Option<boolean> =>
  option('boolean', d, (text) => {
    if (text === 'true' || text === 'false') return text === 'true';
    throw bad(d.name, text, 'true or false');
  });

export const integerOption = (d: Declaration): Option<number> =>
  option('integer', d, (text) => {
    const n = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(n)) throw bad(d.name, text, 'a whole number');
    return n;
  });

export const portOption = (d: Declaration): Option<number> =>
  option('port', d, (text) => {
    const n = Number(text);
    if (text.trim() === '' || !Number.isInteger(n) || n < 0 || n > 65535) throw bad(d.name, text, 'a port from 0 to 65535');
    return n;
  });

/** Bytes: `64MB`. */
export const bytesOption = (d: Declaration): Option<number> => option('bytes', d, parseBytes);

/** Milliseconds: `10sec`, `1h`, `-1`. */
export const durationOption = (d: Declaration): Option<number> => option('duration', d, parseDurationMs);

/** Comma-separated. */
export const listOption = (d: Declaration): Option<readonly string[]> =>
  option('list', d, (text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

export function choiceOption<const C extends string>(d: Declaration & { readonly choices: readonly C[] }): Option<C> {
  return option('choice', d, (text) => {
    const found = d.choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
    if (found === undefined) throw bad(d.name, text, `one of ${d.choices.join(', ')}`);
    return found;
  });
}
