import { fail } from '@alluvium/base';
import type { Session } from '../session.js';

export async function freeWorker(session: Session, [host]: readonly [string]): Promise<void> {
  const { admin } = await session.fileSystem();
  const workers = (await admin.workers('LIVE', { signal: session.signal })).filter((worker) => worker.host === host);
  if (workers.length === 0) throw fail('notFound', `Worker ${host} is not found in Alluxio.`);
  for (const worker of workers) await admin.freeWorker(worker, { signal: session.signal });
  await session.print('Target worker has been freed successfully.');
}
