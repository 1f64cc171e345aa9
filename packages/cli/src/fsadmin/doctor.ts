import type { ConfigurationCheckReport, ConfigurationDifference, LostStorage } from '@alluvium/client';
import { ExitStatus, EXIT, UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

/** Exits with 1 when something is wrong. */
export async function doctor(session: Session, [category]: readonly [string | undefined]): Promise<void> {
  if (category !== undefined && category !== 'configuration' && category !== 'storage')
    throw new UsageError(`"${category}" cannot be looked at: configuration and storage can`);
  const { admin } = await session.fileSystem();
  const request = { signal: session.signal };
  const configuration = category === 'storage' ? undefined : await admin.configurationCheck(request);
  const storage = category === 'configuration' ? undefined : await admin.lostStorage(request);
  if (session.json) await session.printJson({ configuration, lostStorage: storage });
  else for (const line of [...configurationLines(configuration), ...storageLines(storage)]) await session.print(line);
  await session.flush();
  if ((configuration !== undefined && configuration.status !== 'PASSED') || (storage ?? []).length > 0) throw new ExitStatus(EXIT.failure);
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
