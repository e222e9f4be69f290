import { AirspaceState, apply, type Command, decide, encodeEntry } from '@parley/airspace'
import {
  bundlePath,
  CompactRange,
  cosignCheckpoint,
  createSigner,
  encodeBundle,
  encodeUtf8,
  formatNote,
  formatVkey,
  leafHash,
  parseNote,
  signCheckpoint,
  tilePath,
  TILE_WIDTH,
} from '@parley/record'

const ORIGIN = 'pool.parley/fixture/1'
const WITNESS = createSigner({ name: 'guarantor.example/witness', type: 0x04, seed: new Uint8Array(32).fill(2) })
const MIRROR = createSigner({ name: 'north.example/mirror', type: 0x04, seed: new Uint8Array(32).fill(3) })

/** A log of `size` decisions of a pool, as static files by path, and what the status of its node says of it. */
export interface FixtureLog {
  readonly files: Map<string, Uint8Array>
  readonly status: object
}

export interface FixtureLogOptions {
  /** Seed byte of the log's key. */
  readonly key?: number
  /** Which entries say something else than in the log without. */
  readonly forked?: boolean
}

export function fixtureLog(size: number, { key = 1, forked = false }: FixtureLogOptions = {}): FixtureLog {
  const signer = createSigner({ name: ORIGIN, type: 0x01, seed: new Uint8Array(32).fill(key) })
  const entries = decisions(size, forked ? 'other' : 'normal')
  const files = new Map<string, Uint8Array>()
  const range = new CompactRange()
  const open: Uint8Array[][] = []
  for (const entry of entries)
    range.append(leafHash(entry), (height, index, hash) => {
      if (height % 8 !== 0) return
      const hashes = (open[height / 8] ??= [])
      hashes.push(hash)
      if (hashes.length < TILE_WIDTH) return
      files.set(tilePath(height / 8, Math.floor(index / TILE_WIDTH)), Buffer.concat(hashes))
      open[height / 8] = []
    })
  open.forEach((hashes, level) => {
    const index = Math.floor(size / TILE_WIDTH ** (level + 1))
    if (hashes.length > 0) files.set(tilePath(level, index, hashes.length), Buffer.concat(hashes))
  })
  for (let at = 0; at < size; at += TILE_WIDTH) {
    const some = entries.slice(at, at + TILE_WIDTH)
    files.set(bundlePath(at / TILE_WIDTH, some.length), encodeBundle(some))
  }
  const note = signCheckpoint({ origin: ORIGIN, size, root: range.root() }, signer)
  const { text, signatures } = parseNote(note)
  const nowS = Math.floor(Date.now() / 1000)
  const lines = [...signatures, cosignCheckpoint(text, WITNESS, nowS), cosignCheckpoint(text, MIRROR, nowS)]
  const vkey = formatVkey(signer.key)
  files.set('checkpoint', formatNote({ text, signatures: lines })).set('vkey', encodeUtf8(`${vkey}\n`))
  const cosigner = { atS: nowS, ageS: 4, clockOffsetS: 0, faults: 0, audit: 'passed', alarm: null }
  const cosigners = [
    {
      ...cosigner,
      name: WITNESS.key.name,
      vkey: formatVkey(WITNESS.key),
      kind: 'witness',
      state: 'current',
      size,
      lag: 0,
    },
    {
      ...cosigner,
      name: MIRROR.key.name,
      vkey: formatVkey(MIRROR.key),
      kind: 'mirror',
      state: 'behind',
      size: size - 3,
      lag: 3,
    },
  ]
  return { files, status: { origin: ORIGIN, vkey, size, url: '/log', public: false, cosigners } }
}

function decisions(count: number, says: string): Uint8Array[] {
  const state = new AirspaceState({ exact: false })
  const versions = new Map<string, string>()
  return Array.from({ length: count }, (_, i) => {
    const uss = `${says}-uss${i % 5}`
    const ovn = `version-${i}`
    const command = {
      kind: 'setAvailability',
      nowMs: 1_800_000_000_000 + 1000 * i,
      manager: uss,
      digest: [i, i],
      uss,
      availability: i % 2 === 0 ? 'Normal' : 'Down',
      oldVersion: versions.get(uss) ?? '',
      fresh: { ovn, id: '00000000-0000-4000-8000-000000000000' },
    } as unknown as Command
    const decision = decide(state, command, { exact: false, compat: false })
    if (decision.kind !== 'accepted') throw new Error(`decision ${i} is ${decision.kind}`)
    apply(state, decision.entry, i + 1)
    versions.set(uss, ovn)
    return encodeEntry(decision.entry)
  })
}
