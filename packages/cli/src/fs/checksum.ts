import { createHash } from 'node:crypto';
import { fail } from '@alluvium/base';
import { JsonList } from '../output/json-list.js';
import type { Session } from '../session.js';

/** MD5 of what is in files. */
export async function checksum(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  const json = session.json ? new JsonList(session) : undefined;
  await session.forEachPath(paths, async (path, fileSystem) => {
    const file = await fileSystem.open(path, { readType: 'NO_CACHE', signal: session.signal });
    const hash = createHash('md5');
    try {
      if (file.status.folder) throw fail('invalidArgument', `Path "${path}" must be a file.`);
      for await (const chunk of file.chunks({ signal: session.signal })) hash.update(chunk);
    } finally {
      await file.close();
    }
    const md5 = hash.digest('hex');
    await (json === undefined ? session.print(`md5sum: ${md5}`) : json.add({ path, md5 }));
  });
  await json?.end();
}
