import { JournalRefusal } from '../errors.ts'
import type { LogStanding } from '../log.ts'

/** The refusal of entries by a log as it stands, and the way out. */
export function notSigning(path: string, standing: LogStanding): JournalRefusal<'NOT_SIGNING'> {
  return new JournalRefusal('NOT_SIGNING', `${path} takes no entries: ${reason(standing)}`, { path, standing })
}

function reason(standing: LogStanding): string {
  switch (standing.kind) {
    case 'signing':
      return 'it signs its own heads. Use append.'
    case 'mirroring':
      return "it mirrors another's log and signs nothing."
    case 'reading':
      return 'it is a log and was opened for reading only. Open it with the settings of its author.'
    case 'held':
      return 'it waits to hear which heads its cosigners have seen. Reach them, then retry.'
    case 'behind':
      return standing.proven
        ? `a cosigner holds ${standing.size} entries signed with this log's key, more than are here. Fetch the tail from a mirror; if nobody has it, continue under the next log number (log.continue).`
        : `a cosigner says it has seen ${standing.size} entries, more than are here. Fetch the tail from a mirror; if nobody has it, continue under the next log number (log.continue), or remove that cosigner if it is wrong.`
    case 'forked':
      return `a head of size ${standing.size} signed with this log's key belongs to another history. Find the second process or copy that used the key, then continue under the next log number (log.continue).`
    case 'halted':
      return `signing was halted: ${standing.why}. Find out why, then start again.`
    case 'sealed':
      return `it was closed and is continued by ${standing.next}.`
  }
}
