import type { VerifierKey } from '../vkey.ts'
import type { KeyRecord, KeyRole, OfficerGrant } from './key-book.ts'

/** What a key act does to the book once it stands at its index. */
export type KeyEffect =
  | { readonly kind: 'add-officer'; readonly key: VerifierKey; readonly grant: OfficerGrant }
  | { readonly kind: 'replace'; readonly old: KeyRecord; readonly next: VerifierKey }
  | { readonly kind: 'revoke'; readonly record: KeyRecord; readonly suspectSince: number | null }
  | { readonly kind: 'set-desk'; readonly desk: string; readonly recipient: string | null }
  | { readonly kind: 'set-pin'; readonly old: string; readonly next: string | null }

/** Roles whose keys sign heads: they change only with the root's consent on top of their own. */
export const isNodeRole = (role: KeyRole): boolean => role === 'log' || role === 'mirror' || role === 'witness'
