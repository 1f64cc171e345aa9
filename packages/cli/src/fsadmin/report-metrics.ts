import { formatSize } from '../output/size.js';
import type { Session } from '../session.js';

export async function reportMetrics(session: Session): Promise<void> {
  const metrics = await (await session.fileSystem()).admin.metrics({ signal: session.signal });
  if (session.json) return session.printJson(Object.fromEntries(metrics));
  for (const [name, value] of metrics) await session.print(`${name}  ${typeof value === 'string' ? value : formatValue(name, value)}`);
}

/** Bytes as sizes, rates with their unit, anything else as it is. */
function formatValue(name: string, value: number): string {
  if (name.endsWith('Throughput')) return `${formatSize(Math.round(value))}/min`;
  if (/^Cluster\.Bytes\w*Rate$/.test(name)) return `${formatSize(Math.round(value))}/s`;
  if (/^Cluster\.(?:Bytes|Capacity|RootUfsCapacity)/.test(name)) return formatSize(Math.round(value));
  return String(value);
}
