/**
 * Why an act has no effect, or is marked. `INV`: it breaks a rule its author could have kept, so it has no effect, and the
 * peer logs `act.fault`. `FLAG`: it stands, marked on screen and in exports; `effect` says whether it still counts.
 */
export const REASONS = {
  'act.malformed': { outcome: 'INV', effect: false },
  'act.table': { outcome: 'INV', effect: false },
  'act.origin': { outcome: 'INV', effect: false },
  'act.id': { outcome: 'INV', effect: false },
  'act.kind': { outcome: 'INV', effect: false },
  'act.to': { outcome: 'INV', effect: false },
  'act.body': { outcome: 'INV', effect: false },
  'act.expired': { outcome: 'FLAG', effect: false },
  'time.disputed': { outcome: 'FLAG', effect: true },
  'seen.unknown-log': { outcome: 'INV', effect: false },
  'seen.decreasing': { outcome: 'INV', effect: false },
  'seen.uncosigned': { outcome: 'INV', effect: false },
  'seen.root': { outcome: 'INV', effect: false },
  'seen.unverified': { outcome: 'FLAG', effect: true },
  'ref.missing': { outcome: 'INV', effect: false },
  'ref.leaf': { outcome: 'INV', effect: false },
  'ref.not-addressed': { outcome: 'INV', effect: false },
  'ref.unverified': { outcome: 'FLAG', effect: false },
  'signature.bad': { outcome: 'INV', effect: false },
  'signature.missing': { outcome: 'INV', effect: false },
  'signer.role': { outcome: 'INV', effect: false },
  'key.early': { outcome: 'INV', effect: false },
  'key.rotated': { outcome: 'INV', effect: false },
  'key.revoked': { outcome: 'FLAG', effect: true },
  'key.revoked-signer': { outcome: 'FLAG', effect: false },
  'key.contested': { outcome: 'FLAG', effect: true },
  'grant.contested': { outcome: 'FLAG', effect: true },
  'grant.expired': { outcome: 'INV', effect: false },
  'grant.kind': { outcome: 'INV', effect: false },
  'grant.quota': { outcome: 'INV', effect: false },
  'key-act.body': { outcome: 'INV', effect: false },
  'key-act.exp': { outcome: 'INV', effect: false },
  'key-act.ref': { outcome: 'INV', effect: false },
  'key-act.unknown-key': { outcome: 'INV', effect: false },
  'key-act.duplicate-key': { outcome: 'INV', effect: false },
  'key-act.scope': { outcome: 'INV', effect: false },
  'key-act.depth': { outcome: 'INV', effect: false },
  'key-act.unsigned': { outcome: 'INV', effect: false },
  'key-act.last': { outcome: 'INV', effect: false },
} as const satisfies Record<string, { readonly outcome: 'INV' | 'FLAG'; readonly effect: boolean }>

export type ReasonCode = keyof typeof REASONS

/** One reason of a verdict, with the field, what stood there and the rule, as in every refusal. */
export interface Reason {
  readonly code: ReasonCode
  readonly outcome: 'INV' | 'FLAG'
  /** Whether the act still counts in spite of this reason. */
  readonly effect: boolean
  readonly field: string
  readonly value: string | number | null
  readonly rule: string
}

export function reason(
  code: ReasonCode,
  field: string,
  { value = null, rule }: { value?: string | number | null; rule: string },
): Reason {
  return { code, ...REASONS[code], field, value, rule }
}
