export {
  isJournalError,
  type JournalError,
  type JournalErrorCode,
  JournalFault,
  type JournalFaultCode,
  type JournalFaultDetails,
  JournalRefusal,
  type JournalRefusalCode,
  type JournalRefusalDetails,
  type LockHolder,
} from './errors.ts'
export { syncFolder } from './folder.ts'
export type { Journal, JournalEntry, JournalNotice, Section, Snapshot, SnapshotProblem } from './journal.ts'
export type {
  CosignedHead,
  JournalLog,
  LogAuthor,
  LogSettings,
  LogStanding,
  SignedCheckpoint,
} from './log.ts'
export { recoverTail, type TailSource } from './recover-tail.ts'
export { openSqliteJournal, type SqliteJournalOptions } from './sqlite/sqlite-journal.ts'
export { JournalThread } from './sqlite/thread.ts'
