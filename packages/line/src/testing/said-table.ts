import { type Act, encodeUtf8, formatCanonicalJson, type JsonObject, sha256 } from '@parley/record'
import type { CharterParty } from '../charter/charter.ts'
import { defaultCharter } from '../charter/default-charter.ts'
import { applyAct, applyReceipt, createLine, type JudgedAct } from '../line-projection.ts'

export const TABLE = 'sky'
/** 2026-11-22T12:00:00Z. */
export const NOON_S = 1_795_348_800

const member = (party: string, role: CharterParty['role'] = 'party'): CharterParty => ({
  party,
  title: { en: `Side ${party}` },
  role,
  roles: ['duty', 'lead'],
  enrolment: '0'.repeat(64),
})

export const CHARTER = defaultCharter({
  table: TABLE,
  atS: NOON_S,
  parties: [member('a'), member('b'), member('n', 'observer')],
})

/** A table in the hand: parties say things, everything judged valid; keeps what was said so that a test may say it again elsewhere. */
export class SaidTable {
  readonly line = createLine(CHARTER, [])
  readonly said: JudgedAct[] = []
  readonly #sizes = new Map<string, number>()

  /** Lets `party` say something at `atS`; returns what was said. */
  say(
    party: string,
    kind: string,
    options: {
      readonly body?: JsonObject
      readonly atS?: number
      readonly ref?: Act['ref']
      readonly seen?: Act['seen']
      readonly officers?: readonly string[]
    } = {},
  ): JudgedAct {
    const { body = {}, atS = NOON_S, officers = [`${party}-1`] } = options
    const origin = `${TABLE}.parley/${party}/1`
    const index = this.#sizes.get(origin) ?? 0
    this.#sizes.set(origin, index + 1)
    const act: Act = {
      v: 1,
      table: TABLE,
      o: origin,
      id: String(this.said.length).padStart(32, '0'),
      kind,
      at: atS,
      seen: options.seen ?? [],
      to: [],
      body,
      ...(options.ref === undefined ? {} : { ref: options.ref }),
    }
    const judged: JudgedAct = {
      origin,
      index,
      leafHash: sha256(encodeUtf8(formatCanonicalJson(act as unknown as JsonObject))),
      act,
      judgement: { verdict: 'valid', effect: true, reasons: [], act, effectAtS: atS },
      officers,
      receiptS: null,
      learntS: atS,
    }
    this.said.push(judged)
    applyAct(this.line, judged)
    return judged
  }

  /** A member's mirror cosigns the head of a log that holds everything said so far. */
  receive(by: string, party: string, atS: number, role: 'mirror' | 'witness' = 'mirror'): void {
    const origin = `${TABLE}.parley/${party}/1`
    applyReceipt(this.line, {
      by,
      role,
      origin,
      size: this.#sizes.get(origin) ?? 0,
      timestampS: atS,
      learntS: atS,
    })
  }
}
