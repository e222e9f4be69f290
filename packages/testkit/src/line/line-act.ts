import { randomBytes } from 'node:crypto'
import type { LineDraft } from '@parley/contracts'
import { type Act, type ActRef, type JsonObject, signAct, type Signer } from '@parley/record'

/** What somebody says, before it is signed. */
export interface Saying {
  readonly kind: string
  readonly body?: JsonObject
  readonly ref?: ActRef
}

/** The signed act that says it, with what the draft tells of the log it goes to. */
export function sayingOf(draft: LineDraft, { kind, body = {}, ref }: Saying, signers: readonly Signer[]): Uint8Array {
  const act: Act = {
    v: 1,
    table: draft.table,
    o: draft.o,
    id: randomBytes(16).toString('hex'),
    kind,
    at: draft.at,
    seen: draft.seen,
    to: [],
    body,
    ...(ref === undefined ? {} : { ref }),
  }
  return signAct(act, signers)
}
