import { type ActInput, newActId, signDraft } from '@parley/client'
import type { LineDraft } from '@parley/contracts'
import type { Signer } from '@parley/record'

/** What a simulated officer says; acts that only are said have an empty body. */
export type Saying = Omit<ActInput, 'body'> & Partial<Pick<ActInput, 'body'>>

/** The signed act that says it, under a new id. */
export const sayingOf = (draft: LineDraft, saying: Saying, signers: readonly Signer[]): Uint8Array =>
  signDraft(draft, { body: {}, ...saying }, { id: newActId(), signers })
