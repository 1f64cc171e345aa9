import { namespaceMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { DoctorFindings, DoctorOptions, FindingRange } from './cluster-admin.js';

export async function startDoctor(
  { master }: ClientContext,
  { repair = false, checksPerSecond = 0, signal }: DoctorOptions = {},
): Promise<bigint> {
  return (await master.unary(namespaceMethods.startDoctor, { repair, checksPerSecond }, signal)).taskId ?? 0n;
}

export async function listFindings(
  { master }: ClientContext,
  taskId: bigint,
  { limit, after, signal }: FindingRange = {},
): Promise<DoctorFindings> {
  const range = { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) };
  const { findings = [], total = 0n, dropped = 0n } = await master.unary(namespaceMethods.listFindings, { taskId, ...range }, signal);
  return {
    findings: findings.map(({ kind = '', subject = '', inodeId, blockId, detail = '', remedy = '', repaired = false }) => ({
      kind,
      subject,
      inodeId,
      blockId,
      detail,
      remedy,
      repaired,
    })),
    total,
    dropped,
  };
}
