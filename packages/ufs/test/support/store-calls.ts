import type { CreateOptions, ListOptions, UfsStatus, UnderStore } from '@alluvium/ufs';

export async function put(
  store: UnderStore,
  path: string,
  content: string | Uint8Array,
  options?: CreateOptions,
): Promise<{ length: number; contentHash: string | undefined }> {
  const writer = await store.create(path, options);
  try {
    await writer.write([Buffer.from(content)]);
    return await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

export async function copyOf(store: UnderStore, path: string, offset: number, length: number, ifMatch?: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(path, { offset, length, ...(ifMatch !== undefined && { ifMatch }) }))
    chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function text(store: UnderStore, path: string, { ifMatch }: { ifMatch?: string } = {}): Promise<string> {
  return String(await copyOf(store, path, 0, 1 << 20, ifMatch));
}

export async function all(store: UnderStore, path: string, options?: ListOptions): Promise<UfsStatus[]> {
  const out: UfsStatus[] = [];
  for await (const status of store.list(path, options)) out.push(status);
  return out;
}

export async function names(store: UnderStore, path: string, options?: ListOptions): Promise<string[]> {
  return (await all(store, path, options)).map(({ name }) => name);
}

/** All files with their content. */
export async function treeOf(store: UnderStore): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  for await (const { name, directory } of store.list('', { recursive: true })) if (!directory) out[name] = await text(store, name);
  return out;
}

/** The order of UTF-8 bytes. */
export function keyOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
