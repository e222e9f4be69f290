import { type ActKind, always } from '../act-kind.ts'
import { FieldReader } from '../fields.ts'
import { readNumber, readRole, type RoleAddress } from './message.ts'

export interface WatchOpenBody {
  readonly role: RoleAddress
}

export interface WatchCloseBody {
  readonly role: RoleAddress
  /** What the next watch takes over: messages not done, clocks that run, the heads both had. */
  readonly handover: {
    readonly open: readonly string[]
    readonly clocks: readonly { readonly number: string; readonly dueS: number }[]
    readonly heads: readonly { readonly origin: string; readonly size: number }[]
    readonly notes: string | null
  }
}

/** `watch.open`: a role of duty is manned from now on. */
export const WATCH_OPEN: ActKind<WatchOpenBody> = {
  kind: 'watch.open',
  scope: 'record',
  parse(body) {
    return { role: readRole(new FieldReader(body).only('role'), 'role') }
  },
  passes: always,
}

/** `watch.close`: the watch ends and hands over. */
export const WATCH_CLOSE: ActKind<WatchCloseBody> = {
  kind: 'watch.close',
  scope: 'record',
  parse(body) {
    const fields = new FieldReader(body).only('role', 'handover')
    const handover = fields.object('handover').only('open', 'clocks', 'head', 'notes')
    return {
      role: readRole(fields, 'role'),
      handover: {
        open: handover.texts('open', { max: 256 }),
        clocks: handover.objects('clocks', { max: 256 }).map((clock) => {
          clock.only('number', 'due')
          return { number: readNumber(clock, 'number'), dueS: clock.seconds('due') }
        }),
        heads: handover.objects('head', { max: 64 }).map((head) => {
          head.only('o', 'n')
          return { origin: head.text('o', 255), size: head.integer('n', { min: 0 }) }
        }),
        notes: handover.optional('notes', (field) => handover.text(field)),
      },
    }
  },
  passes: always,
}
