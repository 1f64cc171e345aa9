/** The `-Dname=value` words of a command line such as a `..._JAVA_OPTS` variable; other words (`-Xmx4g`) are left out. */
export function parseDefinitions(commandLine: string): Record<string, string> {
  return takeDefinitions(words(commandLine)).definitions;
}

/** Splits program arguments into `-Dname=value` definitions and the rest. `-Dname` alone means `true`. After `--` nothing is taken. */
export function takeDefinitions(args: readonly string[]): { definitions: Record<string, string>; rest: string[] } {
  const definitions: Record<string, string> = {};
  const end = args.indexOf('--');
  const open = end === -1 ? args.length : end;
  const rest = args.filter((word, at) => {
    const match = at < open ? /^-D([^=\s]+)(?:=(.*))?$/s.exec(word) : null;
    if (match === null) return true;
    definitions[match[1]!] = match[2] ?? 'true';
    return false;
  });
  return { definitions, rest };
}

/** Splits at white space as a shell does, with '...', "..." and backslash. */
function words(text: string): string[] {
  const out: string[] = [];
  for (const [word] of text.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/gs)) {
    out.push(
      word.replace(
        /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs,
        (_, single?: string, double?: string, escaped?: string) => single ?? escaped ?? double!.replace(/\\(["\\$`])/g, '$1'),
      ),
    );
  }
  return out;
}
