import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Added to each flush, as a disk without a cache that answers for it would. */
export const ADDED_MS = 2

const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
typedef int flush(int);
static int slow(const char *name, int fd) {
  flush *real = (flush *)dlsym(RTLD_NEXT, name);
  int result = real(fd);
  struct timespec added = {0, ${ADDED_MS * 1_000_000}};
  nanosleep(&added, 0);
  return result;
}
int fsync(int fd) { return slow("fsync", fd); }
int fdatasync(int fd) { return slow("fdatasync", fd); }
`

/** A library that makes each flush of a process take `ADDED_MS` longer, to be preloaded; null where there is no g++. */
export function slowFlushLibrary(dir: string): string | null {
  const library = join(dir, 'slow-flush.so')
  const made = spawnSync('g++', ['-shared', '-fPIC', '-o', library, '-x', 'c', '-', '-ldl'], { input: SOURCE })
  return made.status === 0 ? library : null
}
