import { createSigner, formatSkey, formatVkey, type Signer } from '@parley/record'
import type { LogSettings } from '../log.ts'

/** A log of the tests: the same key for the same name, every time. */
export interface TestLog {
  readonly origin: string
  readonly signer: Signer
  readonly vkey: string
  /** Settings of the author; `held` as one that has cosigners opens it. */
  readonly author: LogSettings
  readonly held: LogSettings
  readonly mirror: LogSettings
}

export function testLog(origin = 'table.parley/tests/1', fill = 7): TestLog {
  const secret = { name: origin, type: 0x01, seed: new Uint8Array(32).fill(fill) } as const
  const signer = createSigner(secret)
  const skey = formatSkey(secret)
  const vkey = formatVkey(signer.key)
  return {
    origin,
    signer,
    vkey,
    author: { origin, author: { kind: 'signer', skey } },
    held: { origin, author: { kind: 'signer', skey, hold: true } },
    mirror: { origin, author: { kind: 'mirror', logKey: vkey } },
  }
}
