import { fail } from '@alluvium/base';

export interface Property {
  readonly name: string;
  readonly value: string;
  /** The line it starts on, from 1. */
  readonly line: number;
}

/**
 * Parses a Java properties file as java.util.Properties.load describes it: `#` and `!` comments, `=`, `:` or white space
 * between name and value, `\` at the end of a line joins it with the next, escapes `\t \n \r \f \uXXXX` and `\x` for x itself.
 * A name may occur again; the later one counts, which is left to the caller. Throws `invalidArgument` for a malformed `\u`.
 */
export function parseProperties(text: string): Property[] {
  const out: Property[] = [];
  const lines = text.split(/\r\n|\n|\r/);
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    let logical = lines[at]!.replace(/^[ \t\f]+/, '');
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) continue;
    while (continues(logical)) {
      logical = logical.slice(0, -1);
      if (at + 1 >= lines.length) break;
      logical += lines[++at]!.replace(/^[ \t\f]+/, '');
    }
    const [name, value] = split(logical);
    out.push({ name: unescape(name, line), value: unescape(value, line), line });
  }
  return out;
}

/** Whether a line ends in an odd number of backslashes. */
function continues(line: string): boolean {
  return (/\\*$/.exec(line)![0].length & 1) === 1;
}

function split(line: string): [name: string, value: string] {
  const match = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s.exec(line);
  return match === null ? [line, ''] : [match[1]!, match[2]!];
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string, line: number): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(u[0-9a-fA-F]{4}|.|$)/gs, (_, escape: string) => {
    if (escape.length === 5) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    if (escape === 'u')
      throw fail('invalidArgument', `Cannot read line ${line}: \\u without four hexadecimal digits; write \\\\u for a backslash and a u`);
    return ESCAPES[escape] ?? escape;
  });
}
