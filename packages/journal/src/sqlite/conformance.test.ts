import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { journalConformance } from '../conformance.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

journalConformance({
  name: 'sqlite',
  newPlace: () => mkdtemp(join(tmpdir(), 'parley-journal-')),
  removePlace: (dir) => rm(dir, { recursive: true, force: true }),
  open: (dir) =>
    openSqliteJournal({
      dir,
      checkpointBytes: 64 << 10,
      onNotice: (notice) => {
        throw new Error(`unexpected ${notice.kind} at ${notice.path}`)
      },
    }),
})
