import { expect, test } from 'vitest'
import { type Act, signAct } from './act.ts'
import { encodeUtf8 } from './bytes.ts'
import { cosignCheckpoint } from './cosignature.ts'
import { formatNote, parseNote } from './note.ts'
import { signCheckpoint } from './signed-checkpoint.ts'
import { createSigner } from './signer.ts'
import { logFiles, sourceOf } from './testing/log-files.ts'
import { type LogReport, verifyLog, type VerifyLogOptions } from './verify-signed-log.ts'

const seed = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const ORIGIN = 'table.parley/north/1'
const log = createSigner({ name: ORIGIN, type: 0x01, seed: seed(1) })
const impostor = createSigner({ name: ORIGIN, type: 0x01, seed: seed(2) })
const witness = createSigner({ name: 'south.example/witness', type: 0x04, seed: seed(3) })
const officer = createSigner({ name: 'north/duty-7', type: 0x01, seed: seed(4) })

const act = (i: number, o = ORIGIN): Act => ({
  v: 1,
  table: 'table',
  o,
  id: i.toString(16).padStart(32, '0'),
  kind: 'message',
  at: 1_800_000_000 + i,
  seen: [],
  to: [],
  body: { text: `message ${i}` },
})

interface Log {
  readonly entries?: readonly Uint8Array[]
  readonly signer?: typeof log
  readonly cosigned?: boolean
  readonly alter?: (checkpoint: Uint8Array) => Uint8Array
  readonly options?: Partial<VerifyLogOptions>
}

async function verify({ entries, signer = log, cosigned = false, alter, options }: Log): Promise<LogReport> {
  const { files, head } = logFiles(entries ?? Array.from({ length: 300 }, (_, i) => encodeUtf8(`entry ${i}`)))
  let note = signCheckpoint({ origin: ORIGIN, ...head }, signer)
  if (cosigned) {
    const { text, signatures } = parseNote(note)
    note = formatNote({ text, signatures: [...signatures, cosignCheckpoint(text, witness, 1_800_000_000)] })
  }
  files.set('checkpoint', alter?.(note) ?? note)
  return verifyLog(sourceOf(files), { logKey: log.key, ...options })
}

test('a signed and cosigned log verifies, and says by whom and when', async () => {
  const report = await verify({ cosigned: true, options: { cosigners: [witness.key] } })
  expect(report).toMatchObject({
    verdict: 'verified',
    origin: ORIGIN,
    size: 300,
    entries: 300,
    findings: [],
    cosignatures: [{ name: 'south.example/witness', state: 'verified', timestampS: 1_800_000_000 }],
  })
  expect((await verify({ cosigned: true })).cosignatures).toMatchObject([{ state: 'unknown', timestampS: null }])
})

test('a checkpoint of another key, or with one altered bit of its signature, is named, and the entries still checked', async () => {
  expect(await verify({ signer: impostor })).toMatchObject({
    verdict: 'altered',
    entries: 300,
    findings: [{ kind: 'checkpoint-signature', path: 'checkpoint' }],
  })
  const alter = (note: Uint8Array): Uint8Array => {
    const copy = note.slice()
    const at = copy.length - 20
    copy[at] = copy[at] === 0x41 ? 0x42 : 0x41
    return copy
  }
  expect((await verify({ alter })).findings).toMatchObject([{ kind: 'checkpoint-signature' }])
  expect(await verify({ alter: () => encodeUtf8('nothing\n') })).toMatchObject({
    verdict: 'altered',
    root: null,
    findings: [{ kind: 'checkpoint-malformed' }],
  })
})

test('#19 a cosignature that does not verify is named, and a policy that is not met', async () => {
  const other = createSigner({ name: 'south.example/witness', type: 0x04, seed: seed(3) })
  const alter = (note: Uint8Array): Uint8Array => {
    const { text, signatures } = parseNote(note)
    const line = cosignCheckpoint(text.replace(ORIGIN, 'table.parley/other/1'), other, 1_800_000_000)
    return formatNote({ text, signatures: [...signatures, line] })
  }
  const report = await verify({
    alter,
    options: { cosigners: [witness.key], policy: (keys) => (keys.length === 0 ? 'no witness' : null) },
  })
  expect(report.cosignatures).toMatchObject([{ state: 'failed', timestampS: null }])
  expect(report.findings).toMatchObject([{ kind: 'cosignature' }, { kind: 'policy', rule: 'no witness' }])
})

test('acts are verified with the keys of officers; others are counted', async () => {
  const stranger = createSigner({ name: 'north/duty-9', type: 0x01, seed: seed(5) })
  const entries = [signAct(act(0), [officer]), signAct(act(1), [stranger]), encodeUtf8('not an act')]
  const report = await verify({ entries, options: { officers: [officer.key] } })
  expect(report).toMatchObject({ verdict: 'verified', acts: { total: 2, signed: 1, unknown: 1 } })
})

test('#27 an act with a bad officer signature, #30 one that is not canonical and #35 one of another log are named', async () => {
  const forged = signAct(act(1), [createSigner({ name: 'north/duty-7', type: 0x01, seed: seed(4) })])
  const text = new TextDecoder().decode(forged)
  const entries = [
    signAct(act(0), [officer]),
    encodeUtf8(text.replace('message 1', 'message 9')),
    encodeUtf8(text.replace('"at":', '"at" :')),
    signAct(act(3, 'table.parley/south/1'), [officer]),
  ]
  const report = await verify({ entries, options: { officers: [officer.key] } })
  expect(report.findings).toMatchObject([
    { kind: 'act-signature', entries: { from: 1, to: 2 } },
    { kind: 'act', entries: { from: 2, to: 3 } },
    { kind: 'act', entries: { from: 3, to: 4 } },
  ])
})

test('entries are judged in order up to the first that is found wrong', async () => {
  const seen: number[] = []
  const report = await verify({
    options: {
      judge: (index) => {
        seen.push(index)
        const place = { path: null, entries: { from: index, to: index + 1 }, bytes: null }
        return index === 280 ? { kind: 'replay', ...place, rule: 'not so' } : null
      },
    },
  })
  expect(seen).toEqual(Array.from({ length: 281 }, (_, i) => i))
  expect(report).toMatchObject({
    verdict: 'altered',
    judged: 281,
    findings: [{ kind: 'replay', entries: { from: 280 } }],
  })
})
