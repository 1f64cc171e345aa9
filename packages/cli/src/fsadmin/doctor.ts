import { kindOf } from '@alluvium/base';
import type { ConfigurationCheckReport, ConfigurationDifference, FileSystem, LostStorage } from '@alluvium/client';
import { ExitStatus, EXIT, UsageError } from '../exit-code.js';
import type { Session } from '../session.js';
import { examine, namespaceLines, type ExaminationOptions, type NamespaceReport } from './doctor-namespace.js';

const CATEGORIES: readonly string[] = ['configuration', 'storage', 'namespace'];

/** Exits with 1 when something is wrong, or was. */
export async function doctor(session: Session, [category]: readonly [string | undefined], options: ExaminationOptions): Promise<void> {
  if (category !== undefined && !CATEGORIES.includes(category))
    throw new UsageError(`"${category}" cannot be looked at: configuration, storage and namespace can`);
  if ((options.repair === true || options.rate !== undefined) && category !== undefined && category !== 'namespace')
    throw new UsageError(`--repair and --rate are for the namespace, not for ${category}`);
  const fileSystem = await session.fileSystem();
  const { admin } = fileSystem;
  const wants = (one: string): boolean => category === undefined || category === one;
  const request = { signal: session.signal };
  const configuration = wants('configuration') ? await admin.configurationCheck(request) : undefined;
  const storage = wants('storage') ? await admin.lostStorage(request) : undefined;
  const namespace = wants('namespace') ? await examineIfAllowed(session, fileSystem, options, category) : undefined;
  if (session.json) await session.printJson({ configuration, lostStorage: storage, namespace });
  else {
    for (const line of [...configurationLines(configuration), ...storageLines(storage)]) await session.print(line);
    if (namespace !== undefined) for (const line of namespaceLines(namespace, category === 'namespace')) await session.print(line);
    else if (wants('namespace')) await session.print('The namespace is not examined: that takes a super user.');
  }
  await session.flush();
  const misconfigured = configuration !== undefined && configuration.status !== 'PASSED';
  if (misconfigured || (storage ?? []).length > 0 || (namespace?.total ?? 0n) > 0n) throw new ExitStatus(EXIT.failure);
}

/** Who did not ask for it by name is not refused the rest. */
async function examineIfAllowed(
  session: Session,
  fileSystem: FileSystem,
  options: ExaminationOptions,
  category: string | undefined,
): Promise<NamespaceReport | undefined> {
  try {
    return await examine(session, fileSystem, options);
  } catch (error) {
    if (category === undefined && options.repair !== true && kindOf(error) === 'permissionDenied') return undefined;
    throw error;
  }
}

function configurationLines(report: ConfigurationCheckReport | undefined): string[] {
  if (report === undefined) return [];
  if (report.status === 'PASSED') return ['No server-side configuration errors or warnings.'];
  return [
    ...section('Server-side configuration errors (those properties are required to be identical):', report.errors),
    ...section('Server-side configuration warnings (those properties are recommended to be identical):', report.warnings),
  ];
}

function section(title: string, differences: readonly ConfigurationDifference[]): string[] {
  if (differences.length === 0) return [];
  return [title, ...differences.flatMap(({ name, values }) => [`key: ${name}`, ...valueLines(values)])];
}

function valueLines(values: ConfigurationDifference['values']): string[] {
  return Object.entries(values).map(([value, servers]) => `    value: ${value} (${servers.join(', ')})`);
}

function storageLines(lost: readonly LostStorage[] | undefined): string[] {
  if (lost === undefined) return [];
  if (lost.length === 0) return ['All worker storage paths are in working state.'];
  const rows = lost.flatMap(({ host, pathsByTier }) => [
    `    ${host}`,
    ...Object.entries(pathsByTier).flatMap(([tier, paths]) => paths.map((path) => `        ${tier}: ${path}`)),
  ]);
  return ['The following storage paths are lost in the following workers:', ...rows];
}
