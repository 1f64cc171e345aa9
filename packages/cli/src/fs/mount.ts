import { AlluviumError, fail } from '@alluvium/base';
import type { MountPoint } from '@alluvium/client';
import { redacted } from '@alluvium/platform';
import { UsageError } from '../exit-code.js';
import { formatSize } from '../output/size.js';
import type { Session } from '../session.js';

export interface MountCommandOptions {
  readonly readonly?: boolean;
  readonly shared?: boolean;
  readonly option?: Readonly<Record<string, string>>;
}

export async function mount(
  session: Session,
  [text, uri]: readonly [string | undefined, string | undefined],
  options: MountCommandOptions,
): Promise<void> {
  if (text === undefined) return listMounts(session);
  if (uri === undefined) throw new UsageError('a path and a store are wanted, or neither');
  const path = session.path(text);
  const fileSystem = await session.fileSystem();
  try {
    await fileSystem.mount(path, uri, {
      readOnly: options.readonly === true,
      shared: options.shared === true,
      properties: options.option ?? {},
      signal: session.signal,
    });
  } catch (error) {
    throw withoutSteps(error);
  }
  if (session.json) await session.printJson({ path, ufsUri: uri });
  else await session.print(`Mounted ${uri} at ${path}`);
}

/** A master tells the steps of a mount, a line each; the last one says what is wrong. */
function withoutSteps(error: unknown): unknown {
  if (!(error instanceof AlluviumError) || !error.message.startsWith('mount command:')) return error;
  return fail(error.kind, error.message.trim().split('\n').at(-1)!, error);
}

/** Prints what is mounted, with the space of each store. */
export async function listMounts(session: Session): Promise<void> {
  const fileSystem = await session.fileSystem();
  const mounts = (await fileSystem.mounts({ signal: session.signal }))
    .map((point) => ({ ...point, properties: withoutSecrets(point.properties) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (session.json) return session.printJson(mounts);
  const uriWidth = Math.max(0, ...mounts.map(({ ufsUri }) => ufsUri.length));
  const pathWidth = Math.max(0, ...mounts.map(({ path }) => path.length));
  for (const point of mounts) await session.print(lineOf(point, uriWidth, pathWidth));
}

function lineOf(point: MountPoint, uriWidth: number, pathWidth: number): string {
  const properties = Object.entries(point.properties).map(([name, value]) => `${name}=${value}`);
  const details = [
    point.ufsType,
    `capacity=${formatSize(point.ufsCapacityBytes)}`,
    `used=${formatSize(point.ufsUsedBytes)}`,
    `${point.readOnly ? '' : 'not '}read-only`,
    `${point.shared ? '' : 'not '}shared`,
    `properties={${properties.join(', ')}}`,
    ...(point.ufsMode === undefined || point.ufsMode === 'READ_WRITE' ? [] : [`mode=${point.ufsMode}`]),
  ];
  return `${point.ufsUri.padEnd(uriWidth)}  on  ${point.path.padEnd(pathWidth)}  (${details.join(', ')})`;
}

function withoutSecrets(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, redacted(name, value)]));
}
