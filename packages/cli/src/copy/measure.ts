import type { Place, Tree } from './tree.js';

/** Adds up the bytes below `sources`, told once all of them are known. Stops quietly when `signal` is aborted. */
export async function measure(sources: readonly Place[], signal: AbortSignal, tell: (bytes: number) => void): Promise<void> {
  let bytes = 0;
  for (const { tree, path } of sources) {
    const entry = await tree.stat(path);
    if (entry?.kind === 'file') bytes += entry.lengthBytes;
    if (entry?.kind === 'other') return;
    if (entry?.kind === 'directory') bytes += await below(tree, path, signal);
  }
  if (!signal.aborted) tell(bytes);
}

async function below(tree: Tree, root: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  const directories = [root];
  for (let path = directories.pop(); path !== undefined && !signal.aborted; path = directories.pop()) {
    for await (const entry of tree.list(path)) {
      if (signal.aborted) break;
      if (entry.kind === 'directory') directories.push(tree.child(path, entry.name));
      else if (entry.kind === 'file') bytes += entry.lengthBytes;
    }
  }
  return bytes;
}
