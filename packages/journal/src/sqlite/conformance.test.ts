import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { journalConformance } from '../conformance.ts'
import { testLog } from '../testing/keys.ts'
import { openSqliteJournal, type SqliteJournalOptions } from './sqlite-journal.ts'

const drivers: [string, Partial<SqliteJournalOptions>][] = [
  ['sqlite', {}],
  ['sqlite as a log', { log: testLog().author }],
]
for (const [name, options] of drivers) {
  journalConformance({
    name,
    newPlace: () => mkdtemp(join(tmpdir(), 'parley-journal-')),
    removePlace: (dir) => rm(dir, { recursive: true, force: true }),
    open: (dir) =>
      openSqliteJournal({
        ...options,
        dir,
        checkpointBytes: 64 << 10,
        onNotice: (notice) => {
          throw new Error(`unexpected ${notice.kind} at ${notice.path}`)
        },
      }),
  })
}
