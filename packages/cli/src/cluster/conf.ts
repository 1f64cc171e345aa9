import { fail } from '@alluvium/base';
import type { ListedOption } from '@alluvium/platform';
import { formatTable } from '../output/table.js';
import type { Session } from '../session.js';

export interface ConfOptions {
  readonly cluster?: boolean;
  readonly changed?: boolean;
}

interface Line {
  readonly name: string;
  readonly value: string | undefined;
  readonly source: string;
  /** File and line, or variable. */
  readonly detail: string | undefined;
}

export async function conf(session: Session, [name]: readonly [string | undefined], options: ConfOptions): Promise<void> {
  const all = options.cluster === true ? await fromMaster(session) : await session.context.configuration();
  const lines = all.filter(
    (line) => isWanted(line.name, name) && (options.changed !== true || !/^(?:cluster[_ ])?default$/i.test(line.source)),
  );
  if (lines.length === 0 && name !== undefined) throw fail('notFound', `Cannot show ${name}: no property has that name or begins with it`);
  if (session.json) return session.printJson(lines);
  for (const line of formatTable(lines.map(rowOf))) await session.print(line);
}

function isWanted(property: string, name: string | undefined): boolean {
  return name === undefined || property === name || property.startsWith(name);
}

function rowOf({ name, value, source, detail }: Line): string[] {
  return [name, value ?? '(not set)', detail === undefined ? source : `${source}, ${detail}`];
}

async function fromMaster(session: Session): Promise<readonly (Line | ListedOption)[]> {
  const fileSystem = await session.fileSystem();
  const { properties } = await fileSystem.configuration({ signal: session.signal });
  return properties
    .map(({ name, value, source }) => ({ name, value, source, detail: undefined }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
