// Logs that must be refused: what is wrong with them, and which number of the record's catalogue of attacks they carry out. `lenient`
// names the judges known to take the variant: docs/interop.md says what that means.
import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatCheckpoint, leafHash, signCheckpoint, signNote } from '@parley/record'
import { cosignedNote, LOG, signerOf } from './log.mjs'

const HASH = 32

/** A copy of the log whose files are links until one is written. */
export function linkLog(from, to) {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) linkLog(source, target)
    else linkOrCopy(source, target)
  }
}

function linkOrCopy(source, target) {
  try {
    linkSync(source, target)
  } catch {
    copyFileSync(source, target)
  }
}

/** Replaces a file of the copy; the original behind the link stays as it is. */
function change(folder, path, how) {
  const file = join(folder, path)
  const bytes = how(new Uint8Array(readFileSync(file)))
  rmSync(file)
  if (bytes !== null) writeFileSync(file, bytes)
}

const text = (how) => (bytes) => Buffer.from(how(Buffer.from(bytes).toString('utf8')))
const flipped =
  (at, mask = 1) =>
  (bytes) =>
    bytes.with(at, bytes[at] ^ mask)
const withoutFile = () => null

function entriesOf(bundle) {
  const entries = []
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 + bundle[at] * 256 + bundle[at + 1]
    entries.push(bundle.subarray(at, end))
    at = end
  }
  return entries
}
const bundleOf = (entries) => new Uint8Array(Buffer.concat(entries))

const signedText = (textOf) => (folder, head) =>
  change(folder, 'checkpoint', () => signNote(textOf(formatCheckpoint(head)), [LOG]))
const checkpointText = (how) => (folder) => change(folder, 'checkpoint', text(how))
const ofFile = (path, how) => (folder) => change(folder, path, how)

const FULL_TILE = 'tile/0/100'
const FULL_BUNDLE = 'tile/entries/100'

/** Every judge that opens notes with x/mod. */
const GO = ['x/mod', 'x/mod (Debian 12)', 'torchwood', 'tessera fsck']

/** Made for a log of 70,000: 273 full tiles and one of 112, then 1 and one of 17, then one of 1. */
export const VARIANTS = [
  {
    name: 'log signature with one bit flipped',
    number: '#17',
    apply: checkpointText((note) => swapCharacter(note, 40)),
  },
  {
    name: 'root changed under the old signature',
    number: '#14',
    apply: checkpointText((note) =>
      note.replace(/\n([A-Za-z0-9+/]{42})/, (_, root) => `\n${root.split('').toReversed().join('')}`),
    ),
  },
  {
    name: 'size changed under the old signature',
    number: '#13',
    apply: checkpointText((note) => note.replace('\n70000\n', '\n69999\n')),
  },
  {
    name: 'signed by another key of the same name',
    number: '#16',
    apply: (folder, head) =>
      change(folder, 'checkpoint', () =>
        signCheckpoint(head, {
          ...signerOf('another', 0x01),
          key: { ...signerOf('another', 0x01).key, name: LOG.key.name },
        }),
      ),
  },
  {
    name: "another key under the log's own key id",
    number: '#9',
    apply: (folder, head) =>
      change(folder, 'checkpoint', () => signCheckpoint(head, { ...signerOf('another', 0x01), key: LOG.key })),
  },
  {
    name: 'another origin under a good signature',
    number: '#16',
    apply: signedText((note) => note.replace(LOG.key.name, 'judges.parley/b/1')),
  },
  {
    name: 'another root under a good signature',
    number: '#48',
    apply: (folder, head) =>
      change(folder, 'checkpoint', () => cosignedNote({ ...head, root: head.root.with(0, head.root[0] ^ 1) })),
  },
  {
    name: 'a size one too small under a good signature',
    number: '#49',
    apply: (folder, head) => change(folder, 'checkpoint', () => cosignedNote({ ...head, size: head.size - 1 })),
  },
  {
    name: 'a size one too large under a good signature',
    number: '#49',
    apply: (folder, head) => change(folder, 'checkpoint', () => cosignedNote({ ...head, size: head.size + 1 })),
  },
  {
    name: 'a leading zero in the size, signed',
    number: '#13',
    apply: signedText((note) => note.replace('\n70000\n', '\n070000\n')),
    lenient: ['tessera fsck'],
  },
  {
    name: 'a plus sign before the size, signed',
    number: '#13',
    apply: signedText((note) => note.replace('\n70000\n', '\n+70000\n')),
  },
  {
    name: 'an extension line, signed',
    number: '#15',
    apply: signedText((note) => `${note}extension\n`),
    lenient: ['x/mod', 'x/mod (Debian 12)', 'tessera fsck'],
  },
  {
    name: 'pad bits set in the root, signed',
    number: '#5',
    apply: signedText((note) => note.replace(/.=\n$/, (end) => `${nextDigit(end[0])}=\n`)),
    lenient: ['x/mod', 'x/mod (Debian 12)', 'tessera fsck'],
  },
  {
    name: 'pad bits set in the log signature',
    number: '#5',
    apply: checkpointText((note) =>
      note.replace(/(— judges\S* \S*)(.)=\n/, (_, before, last) => `${before}${nextDigit(last)}=\n`),
    ),
    lenient: GO,
  },
  {
    name: "the log's signature line twice",
    number: '#6',
    apply: checkpointText((note) => note.replace(/(— judges\S* \S*\n)/, '$1$1')),
    lenient: GO,
  },
  {
    name: 'a bad signature line of the log before the good one',
    number: '#6',
    apply: checkpointText((note) =>
      note.replace(/(— judges\S* )(\S*)\n/, (line) => `${swapCharacter(line, 40)}${line}`),
    ),
  },
  {
    name: 'carriage returns at the line ends',
    number: '#1',
    apply: checkpointText((note) => note.replaceAll('\n', '\r\n')),
  },
  { name: 'no newline at the end', number: '#2', apply: checkpointText((note) => note.slice(0, -1)) },
  { name: 'a bit flipped in a full tile', number: '#43', apply: ofFile(FULL_TILE, flipped(77)) },
  { name: 'a full tile cut short', number: '#43', apply: ofFile(FULL_TILE, (bytes) => bytes.subarray(0, 8000)) },
  {
    name: 'a bit flipped in the partial tile of the edge',
    number: '#43',
    apply: ofFile('tile/0/273.p/112', flipped(5)),
  },
  { name: 'a bit flipped in a tile of level 1', number: '#43', apply: ofFile('tile/1/000', flipped(3200)) },
  { name: 'a bit flipped in the tile of level 2', number: '#43', apply: ofFile('tile/2/000.p/1', flipped(31)) },
  {
    name: 'two hashes of a tile swapped',
    number: '#47',
    apply: ofFile(
      FULL_TILE,
      (bytes) =>
        new Uint8Array(
          Buffer.concat([bytes.subarray(HASH, 2 * HASH), bytes.subarray(0, HASH), bytes.subarray(2 * HASH)]),
        ),
    ),
  },
  { name: 'a tile missing', number: '#45', apply: ofFile(FULL_TILE, withoutFile) },
  { name: 'a bit flipped in an entry', number: '#43', apply: ofFile(FULL_BUNDLE, flipped(300)) },
  { name: 'an entry and its hash in the tile both changed', number: '#43', apply: changeEntryAndTile },
  { name: 'two entries of a bundle swapped', number: '#44', apply: ofFile(FULL_BUNDLE, (bytes) => swapEntries(bytes)) },
  {
    name: 'an entry of a bundle missing',
    number: '#44',
    apply: ofFile(FULL_BUNDLE, (bytes) => bundleOf(entriesOf(bytes).toSpliced(9, 1))),
  },
  {
    name: 'a byte after the last entry of a bundle',
    number: '#44',
    apply: ofFile(FULL_BUNDLE, (bytes) => new Uint8Array([...bytes, 0])),
  },
  {
    name: 'a whole entry too many in a bundle',
    number: '#44',
    apply: ofFile(FULL_BUNDLE, (bytes) => bundleOf([...entriesOf(bytes), entriesOf(bytes)[0]])),
    lenient: ['tessera fsck'],
  },
  {
    name: 'a length in a bundle beyond its end',
    number: '#44',
    apply: ofFile('tile/entries/273.p/112', (bytes) => bytes.with(0, 255)),
  },
  { name: 'a bundle missing', number: '#45', apply: ofFile(FULL_BUNDLE, withoutFile) },
]

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** The digit with the lowest bit set: two digits of base64 that differ in a pad bit only. */
const nextDigit = (digit) => ALPHABET[ALPHABET.indexOf(digit) ^ 1]

/** One character of the log's signature replaced by another digit. */
function swapCharacter(note, at) {
  const start = note.indexOf('\u2014 ') + 2
  const blob = note.indexOf(' ', start) + 1 + at
  return `${note.slice(0, blob)}${ALPHABET[(ALPHABET.indexOf(note[blob]) + 1) % 64]}${note.slice(blob + 1)}`
}

function swapEntries(bytes) {
  const entries = entriesOf(bytes)
  return bundleOf([entries[1], entries[0], ...entries.slice(2)])
}

function changeEntryAndTile(folder) {
  let changed = null
  change(folder, FULL_BUNDLE, (bytes) => {
    const entries = entriesOf(bytes)
    entries[0] = flipped(entries[0].length - 200)(entries[0])
    changed = entries[0].subarray(2)
    return bundleOf(entries)
  })
  change(folder, FULL_TILE, (bytes) => {
    const out = bytes.slice()
    out.set(leafHash(changed), 0)
    return out
  })
}
