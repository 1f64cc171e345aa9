import { createRequire } from 'node:module';
import type { Mapping } from '../disk.js';

/** mmap(2) and posix_fadvise(2), through koffi where it is installed. The only module that knows koffi. */
export interface MemoryMapper {
  /**
   * Maps `length` bytes from `position` of the open file `fd` for reading. The range must lie inside the file: touching a
   * page behind its end kills the process (SIGBUS). Undefined when the kernel refuses.
   */
  map(fd: number, position: number, length: number): Mapping | undefined;
  /** Drops the clean pages of the open file `fd` from the page cache. */
  forget(fd: number): void;
}

const POSIX_FADV_DONTNEED = 4;
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** A multiple of every page size in use (4, 16 and 64 KiB), so that the kernel's need not be asked for. */
const ALIGNMENT = 65_536;

let loaded: { readonly mapper: MemoryMapper | undefined } | undefined;

/** The mapper of this process; undefined where koffi or mmap is missing. Loaded at the first call. */
export function memoryMapper(): MemoryMapper | undefined {
  loaded ??= { mapper: load() };
  return loaded.mapper;
}

interface Koffi {
  load(library: string): { func(declaration: string): (...args: unknown[]) => unknown };
  view(pointer: unknown, length: number): ArrayBuffer;
}

function load(): MemoryMapper | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const libc = koffi.load('libc.so.6');
    const mmap = libc.func('void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)');
    const munmap = libc.func('int munmap(void *addr, size_t length)');
    const fadvise = libc.func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');
    return {
      forget: (fd) => void fadvise(fd, 0, 0, POSIX_FADV_DONTNEED),
      map(fd, position, length) {
        const skip = position % ALIGNMENT;
        const span = skip + length;
        const address = mmap(null, span, PROT_READ, MAP_SHARED, fd, position - skip) as bigint | null;
        if (address === null || BigInt.asUintN(64, address) === MAP_FAILED) return undefined;
        const memory = koffi.view(address, span);
        return new Region(memory, new Uint8Array(memory, skip, length), () => munmap(address, span));
      },
    };
  } catch {
    // Not installed, or built for another C library: files are read instead.
    return undefined;
  }
}

class Region implements Mapping {
  readonly bytes: Uint8Array;
  readonly #memory: ArrayBuffer;
  readonly #unmap: () => void;
  #released = false;

  constructor(memory: ArrayBuffer, bytes: Uint8Array, unmap: () => void) {
    this.bytes = bytes;
    this.#memory = memory;
    this.#unmap = unmap;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    // Detaching first gives every view the length 0: a late reader in this process sees nothing instead of a fault.
    this.#memory.transfer();
    this.#unmap();
  }
}
