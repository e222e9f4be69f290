import { createHash } from 'node:crypto'
import { type Act, createSigner, encodeBase64, formatSkey, signAct, type Signer } from '@parley/record'

const PARTY = 'north'
const TABLE = 'bench'
/** Log of the acts measured. */
export const ORIGIN = `${TABLE}.parley/${PARTY}/1`

const seedOf = (name: string): Uint8Array => createHash('sha256').update(`parley bench ${name}`).digest()
const LOG_SECRET = { name: ORIGIN, type: 0x01, seed: seedOf('log') } as const

/** The log's secret key as the journal takes it. */
export const LOG_SKEY = formatSkey(LOG_SECRET)
export const LOG_KEY = createSigner(LOG_SECRET).key
export const officer: Signer = createSigner({ name: `${PARTY}/duty-7`, type: 0x01, seed: seedOf('officer') })

/** Signed act number `index`, about 600 bytes: a message as officers write them. */
export function actAt(index: number): Uint8Array {
  const act: Act = {
    v: 1,
    table: TABLE,
    o: ORIGIN,
    id: index.toString(16).padStart(32, '0'),
    kind: 'message',
    at: 1_700_000_000 + index,
    seen: [
      {
        o: `${TABLE}.parley/south/1`,
        n: index + 1,
        r: encodeBase64(seedOf('a head')),
      },
    ],
    to: ['south'],
    body: {
      precedence: 'routine',
      text: `Survey flight ${index} keeps south of the river between the two bridges until the hour, below sixty metres.`,
    },
  }
  return signAct(act, [officer])
}

export const acts = (from: number, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => actAt(from + at))
