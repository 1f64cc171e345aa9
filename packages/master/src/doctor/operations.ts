import { fail, type InodeId } from '@alluvium/base';
import type { namespaceService as ns } from '@alluvium/wire';
import { settled, type FileContext } from '../file/context.js';
import type { Doctor } from './doctor.js';
import type { Finding } from './invariant.js';

const MAX_CHECKS_PER_SECOND = 1e9;
/** In one reply, unless fewer are asked for: each may repeat a path of 4 KiB. */
const MOST_FINDINGS = 500;

/** StartDoctor of NamespaceService: begins a run, and answers as which task. For super users. */
export function startDoctor(doctor: Doctor, c: FileContext, request: ns.StartDoctorRequest, user: string): ns.StartDoctorReply {
  c.permissions.requireSuper(user);
  const checksPerSecond = request.checksPerSecond ?? 0;
  if (!(checksPerSecond >= 0 && checksPerSecond <= MAX_CHECKS_PER_SECOND))
    throw fail('invalidArgument', `Cannot check with ${checksPerSecond} checks per second: 0 to ${MAX_CHECKS_PER_SECOND} wanted`);
  const { task } = doctor.start({ repair: request.repair ?? false, checksPerSecond, user });
  return { taskId: BigInt(task.id) };
}

/** ListFindings of NamespaceService: what a run, the latest when none is named, has found so far. For super users. */
export function listFindings(
  doctor: Doctor,
  c: FileContext,
  { taskId, limit, after }: ns.ListFindingsRequest,
  user: string,
): Promise<ns.ListFindingsReply> {
  c.permissions.requireSuper(user);
  const findings = doctor.findings(taskId === undefined ? undefined : Number(taskId));
  if (findings === undefined)
    throw fail('notFound', taskId === undefined ? 'The doctor has not been called' : `Cannot find what the task ${taskId} has found`);
  const first = Math.max(0, after ?? 0);
  const count = Math.min(MOST_FINDINGS, Math.max(0, limit ?? MOST_FINDINGS));
  return settled(c, {
    findings: findings.kept.slice(first, first + count).map(findingMessage),
    total: BigInt(findings.total),
    dropped: BigInt(findings.dropped),
  });
}

function findingMessage({ kind, about, detail, remedy, repaired }: Finding): ns.Finding {
  const message: ns.Finding = { kind, subject: about.subject, detail, remedy, repaired };
  if (about.inode !== undefined) message.inodeId = about.inode satisfies InodeId;
  if (about.block !== undefined) message.blockId = about.block;
  return message;
}
