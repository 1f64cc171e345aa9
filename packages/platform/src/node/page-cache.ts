import { createRequire } from 'node:module';

/** Drops the clean pages of the open file `fd` from the system's memory: posix_fadvise(2), through koffi. The only module that knows koffi. */
export type ForgetPages = (fd: number) => void;

const POSIX_FADV_DONTNEED = 4;

let loaded: { readonly forget: ForgetPages | undefined } | undefined;

/** Undefined where koffi or the call is missing. Loaded at the first call. */
export function pageCache(): ForgetPages | undefined {
  loaded ??= { forget: load() };
  return loaded.forget;
}

interface Koffi {
  load(library: string): { func(declaration: string): (...args: unknown[]) => unknown };
}

function load(): ForgetPages | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const fadvise = koffi.load('libc.so.6').func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');
    return (fd) => void fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  } catch {
    // Not installed, or built for another C library: the system keeps what it likes.
    return undefined;
  }
}
