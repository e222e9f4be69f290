import type { Volume4D } from '@parley/geo4d'
import type { Act, ActRef, JsonObject } from '@parley/record'
import { type ActKind, always } from '../act-kind.ts'
import { FieldReader } from '../fields.ts'
import { readVolume } from '../volume-body.ts'

const MAX_VOLUMES = 16
const MAX_KEY = 256

/** Body of `intent.propose`: a plan, and the plans of others that its author knows it overlaps (record.md 4.3). */
export interface ProposeBody {
  /** 32 lower-case hex digits; the same plan proposed anew keeps it. */
  readonly id: string
  readonly volumes: readonly Volume4D[]
  /** Lower goes before higher where two proposals cross. */
  readonly priority: number
  /** Name of a separation profile of the charter. */
  readonly profile: string
  /** The OVN of the line: origin, index and leaf hash of every overlapping plan its author has seen. */
  readonly key: readonly ActRef[]
}

/** Body of `intent.ack`; the act's `ref` is the proposal. `consent` says yes to an overlap with a plan of one's own, by two officers. */
export interface IntentAckBody {
  readonly ref: ActRef
  readonly consent: boolean
}

export interface AboutIntent {
  readonly ref: ActRef
}

function parsePropose(body: JsonObject): ProposeBody {
  const fields = new FieldReader(body).only('id', 'volumes', 'priority', 'profile', 'key')
  return {
    id: fields.matching('id', /^[0-9a-f]{32}$/, 'must be 32 lower-case hex digits'),
    volumes: fields.objects('volumes', { min: 1, max: MAX_VOLUMES }).map(readVolume),
    priority: fields.integer('priority', { min: 0, max: 99 }),
    profile: fields.text('profile', 64),
    key: fields.objects('key', { max: MAX_KEY }).map(readRef),
  }
}

function readRef(fields: FieldReader): ActRef {
  fields.only('o', 'i', 'h')
  return { o: fields.text('o', 255), i: fields.integer('i', { min: 0 }), h: fields.text('h', 44) }
}

function refOf(fields: FieldReader, act: Act): ActRef {
  if (act.ref === undefined) throw fields.refusal('ref', 'the act must cite the proposal in its ref')
  return act.ref
}

/** The ref of an act about a plan of the author's own log. */
function ownRef(body: JsonObject, act: Act): AboutIntent {
  const fields = new FieldReader(body).only()
  const ref = refOf(fields, act)
  if (ref.o.split('/')[1] !== act.o.split('/')[1])
    throw fields.refusal('ref', 'must be a proposal of the own side: nobody speaks for the plan of another')
  return { ref }
}

export const INTENT_PROPOSE: ActKind<ProposeBody> = {
  kind: 'intent.propose',
  scope: 'flights',
  parse: parsePropose,
  passes: () => false,
}

export const INTENT_ACK: ActKind<IntentAckBody> = {
  kind: 'intent.ack',
  scope: 'flights',
  parse(body, act) {
    const fields = new FieldReader(body).only('consent')
    const ref = refOf(fields, act)
    if (ref.o.split('/')[1] === act.o.split('/')[1]) throw fields.refusal('ref', 'must be a proposal of another side')
    return { ref, consent: fields.boolean('consent') }
  },
  passes: () => false,
}

/** `intent.withdraw`: the plan is off, before it was acted on. Less in the air is always allowed. */
export const INTENT_WITHDRAW: ActKind<AboutIntent> = {
  kind: 'intent.withdraw',
  scope: 'flights',
  parse: ownRef,
  passes: always,
}

/** `intent.activate`: the author acts on the plan from now on. */
export const INTENT_ACTIVATE: ActKind<AboutIntent> = {
  kind: 'intent.activate',
  scope: 'flights',
  parse: ownRef,
  passes: () => false,
}

/** `intent.end`: the plan has been flown, or is left. */
export const INTENT_END: ActKind<AboutIntent> = {
  kind: 'intent.end',
  scope: 'flights',
  parse: ownRef,
  passes: always,
}
