// A log to be judged, made with @parley/record alone: signed acts, tiles, bundles, a cosigned checkpoint, proofs, a policy. Everything
// follows from fixed seeds; nothing here is secret or used anywhere else.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  bundlePath,
  CompactRange,
  cosignCheckpoint,
  createSigner,
  encodeBase64,
  encodeBundle,
  formatCheckpoint,
  formatSignatureLine,
  formatTlogProof,
  formatVkey,
  leafHash,
  levelShape,
  proveConsistency,
  proveInclusion,
  signAct,
  signCheckpoint,
  tilePath,
} from '@parley/record'

const TILE_WIDTH = 256
const HASH_BYTES = 32
const TIME_S = 1_795_000_000
const PROOFS = 200

const seedOf = (name) => new Uint8Array(createHash('sha256').update(`parley judges ${name}`).digest())
export const signerOf = (name, type) => createSigner({ name, type, seed: seedOf(name) })

export const LOG = signerOf('judges.parley/a/1', 0x01)
export const OFFICER = signerOf('a/duty-1', 0x01)
export const WITNESS = signerOf('witness.example/w1', 0x04)
export const MIRROR = signerOf('mirror.example/m1', 0x04)
export const QUANTUM_SAFE = signerOf('witness.example/q1', 0x06)

export const POLICY = [
  `log ${formatVkey(LOG.key)}`,
  `witness w1 ${formatVkey(WITNESS.key)}`,
  `witness m1 ${formatVkey(MIRROR.key)}`,
  'group both all w1 m1',
  'quorum both',
  '',
].join('\n')

function actAt(index) {
  const hash = createHash('sha256').update(`act ${index}`).digest()
  return signAct(
    {
      v: 1,
      table: 'judges',
      o: LOG.key.name,
      id: hash.toString('hex').slice(0, 32),
      kind: 'note',
      at: TIME_S + index,
      seen: [],
      to: [],
      body: { lat: 473_000_000 + index, lng: 95_000_000 - index, text: `Übung ${index}` },
    },
    [OFFICER],
  )
}

const put = (folder, path, bytes) => {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes)
}

/** The checkpoint of a head: signed by the log, cosigned by two Ed25519 cosigners and an ML-DSA-44 one. */
export function cosignedNote(checkpoint, { signer = LOG, cosigners = [WITNESS, MIRROR, QUANTUM_SAFE] } = {}) {
  const note = signCheckpoint(checkpoint, signer)
  const text = formatCheckpoint(checkpoint)
  const lines = cosigners.map((cosigner) => formatSignatureLine(cosignCheckpoint(text, cosigner, TIME_S)))
  return new Uint8Array(Buffer.concat([note, Buffer.from(lines.join(''))]))
}

/** A reader of the folder's tiles for proofs at any size: a narrower tile is the beginning of the one that is there. */
export const folderReader = (folder, size) => ({
  async tile(level, index, width) {
    const { full, partial } = levelShape(level, size)
    const file = join(folder, tilePath(level, index, index < full ? TILE_WIDTH : partial))
    return new Uint8Array(readFileSync(file)).subarray(0, width * HASH_BYTES)
  },
})

/** Writes the files of a log of `size` acts into `folder`, and beside them, in `aside`, keys, policy and proofs. Answers the head. */
export async function writeLog({ folder, aside, size }) {
  const levels = [[], [], []]
  const tree = new CompactRange()
  const roots = new Map()
  const visit = (level, _, hash) => {
    if (level % 8 === 0) levels[level / 8].push(hash)
  }
  let bundle = []
  const entries = []
  for (let index = 0; index < size; index += 1) {
    const entry = actAt(index)
    bundle.push(entry)
    tree.append(leafHash(entry), visit)
    if (index % Math.ceil(size / PROOFS) === 0) {
      entries.push({ index, entry })
      roots.set(index + 1, tree.root())
    }
    if (bundle.length < TILE_WIDTH && index + 1 < size) continue
    put(folder, bundlePath(Math.floor(index / TILE_WIDTH), bundle.length), encodeBundle(bundle))
    bundle = []
  }
  for (const [level, hashes] of levels.entries()) {
    for (let start = 0; start < hashes.length; start += TILE_WIDTH) {
      const tile = hashes.slice(start, start + TILE_WIDTH)
      put(folder, tilePath(level, start / TILE_WIDTH, tile.length), Buffer.concat(tile))
    }
  }
  const checkpoint = { origin: LOG.key.name, size, root: tree.root() }
  const note = cosignedNote(checkpoint)
  put(folder, 'checkpoint', note)

  const reader = folderReader(folder, size)
  const proofs = []
  for (const { index, entry } of entries) {
    const hashes = await proveInclusion(reader, { index, size })
    proofs.push({ index, leaf: encodeBase64(leafHash(entry)), hashes: hashes.map(encodeBase64) })
    const growth = await proveConsistency(reader, { from: index + 1, to: size })
    proofs.push({ from: index + 1, from_root: encodeBase64(roots.get(index + 1)), hashes: growth.map(encodeBase64) })
  }
  const chosen = entries[Math.floor(entries.length / 2)]
  const proof = await proveInclusion(reader, { index: chosen.index, size })
  put(aside, 'proofs.jsonl', `${proofs.map((line) => JSON.stringify(line)).join('\n')}\n`)
  put(aside, 'log.vkey', `${formatVkey(LOG.key)}\n`)
  put(aside, 'table.policy', POLICY)
  return {
    checkpoint,
    note,
    tree,
    proven: { ...chosen, proof, file: formatTlogProof({ index: chosen.index, proof, checkpoint: note, extra: null }) },
  }
}
