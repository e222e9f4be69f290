import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AirspaceState, apply, type Command, decide, encodeEntry } from '@parley/airspace'
import {
  bundlePath,
  CompactRange,
  createSigner,
  encodeBundle,
  encodeUtf8,
  formatVkey,
  leafHash,
  leafOf,
  type Signer,
  signCheckpoint,
  TILE_WIDTH,
  tilePath,
} from '@parley/record'

/** Logs for tests: keys that everybody knows, entries that say what they are. */

export const ORIGIN = 'pool.parley/test/1'
export const LOG = createSigner({ name: ORIGIN, type: 0x01, seed: new Uint8Array(32).fill(7) })
export const SECRET = { name: ORIGIN, type: 0x01, seed: new Uint8Array(32).fill(7) } as const
export const WITNESS = createSigner({ name: 'witness.example/w1', type: 0x04, seed: new Uint8Array(32).fill(8) })
export const OFFICER = createSigner({ name: 'north/duty-7', type: 0x01, seed: new Uint8Array(32).fill(9) })
export const KEY = formatVkey(LOG.key)

export const entry = (i: number, suffix = ''): Uint8Array =>
  encodeUtf8(`entry ${i} ${'x'.repeat((i * 37) % 90)}${suffix}`)
export const entries = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => entry(i))

/** Every file of a log of these entries, by path, its checkpoint signed. */
export function filesOf(contents: readonly Uint8Array[], signer: Signer = LOG): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const range = new CompactRange()
  const open: Uint8Array[][] = []
  for (const each of contents)
    range.append(leafHash(leafOf(each)), (height, index, hash) => {
      if (height % 8 !== 0) return
      const level = height / 8
      const hashes = (open[level] ??= [])
      hashes.push(hash)
      if (hashes.length < TILE_WIDTH) return
      files.set(tilePath(level, Math.floor(index / TILE_WIDTH)), Buffer.concat(hashes))
      open[level] = []
    })
  open.forEach((hashes, level) => {
    const index = Math.floor(contents.length / TILE_WIDTH ** (level + 1))
    if (hashes.length > 0) files.set(tilePath(level, index, hashes.length), Buffer.concat(hashes))
  })
  for (let at = 0; at < contents.length; at += TILE_WIDTH) {
    const some = contents.slice(at, at + TILE_WIDTH).map(leafOf)
    files.set(bundlePath(at / TILE_WIDTH, some.length), encodeBundle(some))
  }
  const head = { origin: ORIGIN, size: contents.length, root: range.root() }
  return files.set('checkpoint', signCheckpoint(head, signer)).set('vkey', encodeUtf8(`${KEY}\n`))
}

export function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): string {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
  return folder
}

/** Decisions of a real pool: suppliers saying how available they are. */
export function poolEntries(count: number): Uint8Array[] {
  const state = new AirspaceState({ exact: false })
  const out: Uint8Array[] = []
  const versions = new Map<string, string>()
  for (let i = 0; i < count; i++) {
    const uss = `uss${i % 5}`
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
    out.push(encodeEntry(decision.entry))
  }
  return out
}
