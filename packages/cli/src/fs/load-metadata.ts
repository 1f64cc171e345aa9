import type { Session } from '../session.js';

export interface LoadMetadataOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
}

export async function loadMetadata(session: Session, [paths]: readonly [readonly string[]], options: LoadMetadataOptions): Promise<void> {
  const { clock } = session.context;
  const request = {
    recursive: options.recursive === true,
    loadOnly: true,
    loadMetadata: 'ALWAYS',
    signal: session.signal,
    ...(options.force === true && { syncIntervalMs: 0n }),
  } as const;
  await session.forEachPath(paths, async (path, fileSystem) => {
    const startedMs = clock.monotonicMs();
    for await (const _ of fileSystem.list(path, request));
    await session.print(`Time elapsed ${Math.round(clock.monotonicMs() - startedMs)}`);
  });
}
