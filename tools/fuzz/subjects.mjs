// What is tried against whom: how an input is made, what our reader understands of it, which foreign readers are asked the same, and
// for which of our refusals it is known that they take it.
import {
  bundlePath,
  cosignCheckpoint,
  createSigner,
  decodeBase64,
  decodeBundle,
  encodeBase64,
  formatCanonicalJson,
  formatSignatureLine,
  formatSkey,
  formatTlogProof,
  keyIdOf,
  openCheckpoint,
  openNote,
  parseAct,
  parseCanonicalJson,
  parseCheckpoint,
  parseLogPath,
  parseNote,
  parsePolicy,
  parseSignatureLines,
  parseSkey,
  parseTlogProof,
  parseVkey,
  RecordError,
  signAct,
  tilePath,
  verifyConsistency,
  verifyEd25519,
  verifyInclusion,
  verifyTlogProof,
  vetPublicKey,
} from '@parley/record'
import { anyJson } from './json-inputs.mjs'
import { isCanonicalJson } from './json-oracle.mjs'
import * as fixtures from './fixtures.mjs'
import { meaningOf, PLAIN } from './meaning.mjs'
import { damageBase64, damageBytes, damageLines, damageNumber } from './mutate.mjs'
import { anySize, below, growthOf, inclusionOf } from './trees.mjs'

const { COSIGNERS, LOG, OFFICERS, QUANTUM_SAFE, SIGNERS, hexId, lineOf, noteOf, textOf, uint64, utf8, vkeyOf } =
  fixtures

const refused = (code) => new RecordError(code, { field: 'input', value: null, rule: 'is not what is asked for here' })

/** Text of an argument as our text readers get it: bytes that are no UTF-8 never reach them. */
function argumentText(bytes) {
  try {
    return textOf(bytes)
  } catch {
    throw refused('INVALID_UTF8')
  }
}

const asText = (bytes, change) => {
  try {
    return utf8(change(textOf(bytes)))
  } catch {
    return bytes
  }
}

/** Damage of any kind to something that is mostly text. Now and then none. */
function damage(random, bytes) {
  switch (random.below(8)) {
    case 0:
      return bytes
    case 1:
    case 2:
      return asText(bytes, (text) => damageLines(random, text))
    default:
      return damageBytes(random, bytes)
  }
}

// --- base64

const base64 = {
  name: 'base64',
  weight: 120,
  asks: [['xmod', 'b64']],
  make(random) {
    const text = encodeBase64(random.bytes(random.below(40)))
    if (random.chance(0.1)) return [utf8(text)]
    return [random.chance(0.7) ? utf8(damageBase64(random, text)) : damageBytes(random, utf8(text))]
  },
  ours: ([text]) => meaningOf(decodeBase64(argumentText(text))),
  known: { INVALID_BASE64: 'pad bits that are set, and line breaks anywhere, which Go takes and skips' },
}

// --- keys

const NAMES = [
  'fuzz.parley/a/1',
  'a',
  'a/b',
  'A/B',
  'é',
  'а',
  'x y',
  'x\u00a0y',
  'x\ufeffy',
  'x\u0085y',
  'x\u200by',
  'x+y',
  '',
  '\u2003',
  'x\u0000',
]

/** A key text from its parts, some of them wrong; the key id fits what is there more often than not. */
function keyText(random, prefix, type, key, idOf) {
  const name = random.chance(0.6) ? 'fuzz.parley/a/1' : random.pick([...NAMES, 'n'.repeat(255), 'n'.repeat(256)])
  const material = random.chance(0.15) ? damageBytes(random, key) : key
  const kind = random.chance(0.1) ? random.below(256) : type
  const id = random.chance(0.9) ? hexId(idOf(name, kind, material)) : hexId(random.below(2 ** 32))
  const shownId = random.chance(0.1)
    ? random.pick([id.toUpperCase(), id.slice(1), `0${id}`, `+${id.slice(1)}`, `0x${id.slice(2)}`])
    : id
  const body = encodeBase64(Buffer.concat([Uint8Array.of(kind), material]))
  const text = `${prefix}${name}+${shownId}+${random.chance(0.2) ? damageBase64(random, body) : body}`
  return random.chance(0.25) ? damageBytes(random, utf8(text)) : utf8(text)
}

const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))

const anyPublicKey = (random) =>
  random.chance(0.1)
    ? random.pick([...SMALL_ORDER, random.bytes(32)])
    : random.pick([...SIGNERS, ...COSIGNERS]).key.publicKey

const KEY_LENIENCY = {
  UNSAFE_PUBLIC_KEY: 'public keys of small or mixed order, or not canonical: Go takes any 32 bytes',
  INVALID_KEY_NAME: 'names other than visible lower-case ASCII of at most 255 bytes',
  INVALID_BASE64: 'pad bits that are set, and line breaks in the base64',
  MALFORMED_KEY: 'key ids in upper case; key texts longer than any key needs',
}

/** formats computes a cosigner's key id and does not look at the one that stands in the text, not even whether it is text. */
const KEY_ID_LENIENCY = {
  KEY_ID_MISMATCH: 'a key id that is not the hash of the key (formats only)',
  INVALID_UTF8: 'bytes that are not UTF-8 in place of the key id (formats only)',
}

const keyMeaning = (key) => meaningOf(key.name, hexId(key.keyId))

const vkey = {
  name: 'vkey',
  weight: 90,
  asks: [['xmod', 'vkey']],
  make: (random) => [keyText(random, '', 0x01, anyPublicKey(random), keyIdOf)],
  ours([text]) {
    const key = parseVkey(argumentText(text))
    if (key.type !== 0x01) throw refused('WRONG_KEY_TYPE')
    return keyMeaning(key)
  },
  known: KEY_LENIENCY,
}

const cosignerVkey = {
  name: 'cosigner vkey',
  weight: 60,
  asks: [
    ['community', 'formats-cosigner'],
    ['community', 'torchwood-cosigner'],
  ],
  make: (random) => [keyText(random, '', 0x04, anyPublicKey(random), keyIdOf)],
  ours([text]) {
    const key = parseVkey(argumentText(text))
    if (key.type !== 0x04) throw refused('WRONG_KEY_TYPE')
    return keyMeaning(key)
  },
  known: {
    ...KEY_LENIENCY,
    ...KEY_ID_LENIENCY,
    WRONG_KEY_TYPE: 'formats reads a key of type 0x01 as one of type 0x04',
  },
}

const quantumSafeVkey = {
  name: 'ML-DSA-44 vkey',
  weight: 20,
  asks: [['community', 'formats-cosigner']],
  make: (random) => [keyText(random, '', 0x06, QUANTUM_SAFE.key.publicKey, keyIdOf)],
  ours([text]) {
    const key = parseVkey(argumentText(text))
    if (key.type !== 0x06) throw refused('WRONG_KEY_TYPE')
    return keyMeaning(key)
  },
  known: { ...KEY_LENIENCY, ...KEY_ID_LENIENCY },
}

const secretKeyId = (name, type, seed) => {
  try {
    return keyIdOf(name, type, createSigner({ name: 'a', type: 0x01, seed }).key.publicKey)
  } catch {
    return 0
  }
}

const skey = {
  name: 'skey',
  weight: 20,
  asks: [['xmod', 'skey']],
  make: (random) => [
    keyText(random, 'PRIVATE+KEY+', 0x01, fixtures.sha256(Uint8Array.of(random.below(8))), secretKeyId),
  ],
  ours([text]) {
    const secret = parseSkey(argumentText(text))
    if (secret.type !== 0x01) throw refused('WRONG_KEY_TYPE')
    if (formatSkey(secret) !== argumentText(text)) throw new Error('read, but not written the same')
    return keyMeaning(createSigner(secret).key)
  },
  known: KEY_LENIENCY,
}

// --- signatures

/** Order of the group, little-endian: S and S + L sign the same where a verifier does not look. */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

function plusOrder(signature) {
  let s = GROUP_ORDER
  for (let i = 63; i >= 32; i -= 1) s += BigInt(signature[i]) << BigInt(8 * (i - 32))
  const out = Buffer.from(signature)
  for (let i = 32; i < 64; i += 1) {
    out[i] = Number(s & 255n)
    s >>= 8n
  }
  return new Uint8Array(out)
}

const ed25519 = {
  name: 'Ed25519 signature',
  weight: 60,
  asks: [['xmod', 'ed25519']],
  make(random) {
    const signer = random.pick([...SIGNERS, ...COSIGNERS])
    const message = random.bytes(random.below(80))
    const signature = new Uint8Array(signer.sign(message))
    const { publicKey } = signer.key
    const wound = random.below(9)
    if (wound === 0) return [publicKey, message, plusOrder(signature)]
    if (wound === 1) return [random.pick(SMALL_ORDER), message, signature]
    if (wound === 2)
      return [publicKey, message, new Uint8Array([...random.pick(SMALL_ORDER), ...signature.subarray(32)])]
    if (wound === 3)
      return [random.pick(SMALL_ORDER), message, new Uint8Array([...random.pick(SMALL_ORDER), ...new Uint8Array(32)])]
    if (wound === 4) return [damageBytes(random, publicKey), message, signature]
    if (wound === 5) return [publicKey, damageBytes(random, message), signature]
    if (wound === 6) return [publicKey, message, damageBytes(random, signature)]
    return [publicKey, message, signature]
  },
  ours([publicKey, message, signature]) {
    vetPublicKey(publicKey)
    if (!verifyEd25519(publicKey, message, signature)) throw refused('INVALID_SIGNATURE')
    return PLAIN
  },
  known: {
    UNSAFE_PUBLIC_KEY: 'signatures under keys of small order, whatever the message',
    INVALID_SIGNATURE: 'signatures whose R is of small order',
  },
}

// --- notes

const UNKNOWN = ['someone/else', 'é/ü', 'A', 'x\ufeffy', 'x\u200by', 'n'.repeat(256)]

function strangeLine(random) {
  return lineOf(random.pick(UNKNOWN), random.below(2 ** 32), random.bytes(random.pick([0, 1, 64, 72, 100])))
}

function anyNoteText(random) {
  const text = random.chance(0.4) ? fixtures.anyCheckpoint(random).text : fixtures.freeText(random)
  if (random.chance(0.7)) return utf8(text)
  return damage(random, utf8(text))
}

/** A note signed over its text whatever the text is, then perhaps damaged: in lines, in base64, in bytes. */
function anyNote(random) {
  const text = anyNoteText(random)
  const lines = [fixtures.signatureOver(random.pick(SIGNERS), text)]
  for (let left = random.below(3); left > 0; left -= 1) {
    lines.push(random.chance(0.5) ? fixtures.signatureOver(random.pick(SIGNERS), text) : strangeLine(random))
  }
  if (random.chance(0.02)) for (let left = 14 + random.below(90); left > 0; left -= 1) lines.push(strangeLine(random))
  if (random.chance(0.15)) {
    const at = random.below(lines.length)
    const [mark, name, blob] = lines[at].trimEnd().split(' ')
    lines[at] = `${mark} ${name} ${damageBase64(random, blob)}\n`
  }
  const note = noteOf(text, lines)
  return random.chance(0.4) ? note : damage(random, note)
}

const blobOf = ({ keyId, signature }) => {
  const blob = Buffer.alloc(4 + signature.length)
  blob.writeUInt32BE(keyId, 0)
  blob.set(signature, 4)
  return blob
}
const unverifiedParts = (lines) => lines.flatMap((line) => ['unverified', line.name, blobOf(line)])

const NOTE_LENIENCY = {
  INVALID_BASE64: 'pad bits that are set in a signature',
  DUPLICATE_SIGNATURE: 'two signature lines of one key',
  TOO_MANY_SIGNATURES: '17 to 100 signature lines',
  NOTE_TOO_LARGE: 'notes over 65,535 bytes',
  MALFORMED_SIGNATURE_LINE: 'names over 255 bytes',
}

const noteForm = {
  name: 'note, form alone',
  weight: 170,
  asks: [['xmod', 'parse']],
  make: (random) => [anyNote(random)],
  ours([bytes]) {
    const { text, signatures } = parseNote(bytes)
    return meaningOf(text, ...unverifiedParts(signatures))
  },
  known: NOTE_LENIENCY,
}

const KNOWN_KEYS = [LOG, OFFICERS[0], OFFICERS[1]]
const KNOWN_VKEYS = utf8(KNOWN_KEYS.map(vkeyOf).join('\n'))

const noteOpened = {
  name: 'note, opened with keys',
  weight: 120,
  asks: [['xmod', 'note']],
  make: (random) => [KNOWN_VKEYS, anyNote(random)],
  ours([, bytes]) {
    const { text, verified, unknown } = openNote(
      bytes,
      KNOWN_KEYS.map(({ key }) => key),
    )
    const parts = verified.flatMap((key) => ['verified', key.name, hexId(key.keyId)])
    return meaningOf(text, ...parts, ...unverifiedParts(unknown))
  },
  known: NOTE_LENIENCY,
}

const signatureLines = {
  name: 'signature lines',
  weight: 60,
  asks: [['xmod', 'parse']],
  prefix: utf8('x\n\n'),
  make(random) {
    const lines = Array.from({ length: 1 + random.below(3) }, () => strangeLine(random))
    return [new Uint8Array(Buffer.concat([this.prefix, damage(random, utf8(lines.join('')))]))]
  },
  ours([bytes]) {
    return meaningOf('x\n', ...unverifiedParts(parseSignatureLines(argumentText(bytes.subarray(3)))))
  },
  known: NOTE_LENIENCY,
}

// --- checkpoints and cosignatures

function anyCheckpointText(random) {
  const { origin, size, root } = fixtures.anyCheckpoint(random)
  const choice = random.below(6)
  if (choice === 0) return utf8(`${origin}\n${damageNumber(random, size)}\n${encodeBase64(root)}\n`)
  if (choice === 1) return utf8(`${origin}\n${size}\n${damageBase64(random, encodeBase64(root))}\n`)
  if (choice === 2) {
    const other = random.pick([
      root.subarray(1),
      Buffer.concat([root, Uint8Array.of(0)]),
      new Uint8Array(32),
      new Uint8Array(0),
    ])
    return utf8(`${random.pick([origin, ...NAMES])}\n${size}\n${encodeBase64(other)}\n`)
  }
  const text = utf8(fixtures.checkpointText(origin, size, root))
  if (choice === 3) return utf8(`${textOf(text)}${random.pick(['extension\n', '\n', ' ', 'a\nb\n', '\u2014 x y\n'])}`)
  return damage(random, text)
}

const CHECKPOINT_LENIENCY = {
  EXTENSION_LINE: 'extension lines after the root',
  INVALID_INTEGER: 'sizes with leading zeros or a plus sign, and 2^63 and above',
  UNSUPPORTED_SIZE: 'sizes from 2^53',
  INVALID_BASE64: 'pad bits that are set in the root',
  INVALID_ORIGIN: 'origins other than visible lower-case ASCII, empty ones, reserved headers',
  WRONG_EMPTY_ROOT: 'a size of 0 with any root',
  MALFORMED_CHECKPOINT: 'roots that are not 32 bytes; a third line without its newline',
  INVALID_UTF8: 'bytes that are not UTF-8: its reader of the text alone does not look (its note reader does)',
}

const checkpoint = {
  name: 'checkpoint text',
  weight: 120,
  asks: [
    ['xmod', 'checkpoint'],
    ['community', 'formats-checkpoint'],
    ['community', 'torchwood-checkpoint'],
  ],
  make: (random) => [anyCheckpointText(random)],
  ours([bytes]) {
    const { origin, size, root } = parseCheckpoint(argumentText(bytes))
    return meaningOf(origin, String(size), root)
  },
  known: CHECKPOINT_LENIENCY,
}

const TIMES = [
  0n,
  1n,
  1_795_000_000n,
  1_795_000_001n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
]

const cosignedMeaning = (bytes, cosigner) => {
  const opened = openCheckpoint(bytes, LOG.key, [cosigner.key])
  if (opened.cosignatures.length !== 1) throw refused('NO_VERIFIED_SIGNATURE')
  const parts = [opened.text]
  for (const { name, keyId } of opened.note.signatures) {
    const isCosigner = name === cosigner.key.name && keyId === cosigner.key.keyId
    if (!isCosigner && (name !== LOG.key.name || keyId !== LOG.key.keyId)) continue
    parts.push(name, hexId(keyId))
    if (isCosigner) parts.push(String(opened.cosignatures[0].timestampS))
  }
  return meaningOf(...parts)
}

const COSIGNED_LENIENCY = {
  ...NOTE_LENIENCY,
  ...CHECKPOINT_LENIENCY,
  INVALID_TIMESTAMP: 'a cosignature at time 0, or from 2^53',
  WRONG_ORIGIN: 'an origin that is not the name of the key that signed (asked for apart there)',
}

const cosigned = {
  name: 'cosigned checkpoint, Ed25519',
  weight: 60,
  asks: [
    ['community', 'formats-cosigned'],
    ['community', 'torchwood-cosigned'],
  ],
  make(random) {
    const text = random.chance(0.6) ? utf8(fixtures.anyCheckpoint(random).text) : anyCheckpointText(random)
    const time = random.chance(0.7) ? 1_795_000_000n : random.pick(TIMES)
    const lines = [fixtures.signatureOver(LOG, text), fixtures.cosignatureOver(COSIGNERS[0], text, time)]
    if (random.chance(0.3))
      lines.push(random.chance(0.5) ? strangeLine(random) : fixtures.cosignatureOver(COSIGNERS[0], text, time))
    if (random.chance(0.1)) lines.reverse()
    const note = noteOf(text, lines)
    return [utf8(vkeyOf(LOG)), utf8(vkeyOf(COSIGNERS[0])), random.chance(0.5) ? note : damage(random, note)]
  },
  ours: ([, , bytes]) => cosignedMeaning(bytes, COSIGNERS[0]),
  known: COSIGNED_LENIENCY,
}

// --- proofs

const hashesOf = (bytes) => {
  const hashes = []
  for (let at = 0; at < bytes.length; at += 32) hashes.push(bytes.subarray(at, at + 32))
  return hashes
}
const numberOf = (bytes) => Number(Buffer.from(bytes).readBigUInt64BE())

function damageProof(random, proof) {
  const bytes = new Uint8Array(Buffer.concat(proof))
  const at = random.below(proof.length + 1)
  switch (random.below(7)) {
    case 0:
      return damageBytes(random, bytes)
    case 1:
      return new Uint8Array(Buffer.concat(proof.toSpliced(at, 1)))
    case 2:
      return new Uint8Array(Buffer.concat(proof.toSpliced(at, 0, random.bytes(32))))
    case 3:
      return new Uint8Array(Buffer.concat(proof.toReversed()))
    case 4:
      return new Uint8Array(Buffer.concat(Array.from({ length: 64 }, (_, i) => proof[i] ?? random.bytes(32))))
    case 5:
      return bytes.subarray(0, Math.max(0, bytes.length - 1))
    default:
      return new Uint8Array(0)
  }
}

const EDGES = [
  0n,
  1n,
  2n,
  255n,
  256n,
  2n ** 31n,
  2n ** 32n,
  2n ** 32n + 5n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
]

function damageCount(random, value) {
  const near = BigInt(value) + random.pick([-1n, 1n, 2n ** 32n, -(2n ** 32n), 256n])
  return random.chance(0.7) && near >= 0n ? near : random.pick(EDGES)
}

const PROOF_LENIENCY = { OUT_OF_RANGE: 'sizes from 2^53, which x/mod counts and we do not' }

const inclusion = {
  name: 'inclusion proof',
  weight: 60,
  asks: [['xmod', 'inclusion']],
  make(random) {
    const size = anySize(random)
    const { leaf, index, root, proof } = inclusionOf(random, below(random, size), size)
    const wound = random.below(6)
    return [
      wound === 0 ? damageBytes(random, leaf) : leaf,
      uint64(wound === 1 ? damageCount(random, index) : index),
      uint64(wound === 2 ? damageCount(random, size) : size),
      wound === 3 ? damageBytes(random, root) : root,
      wound === 4 ? damageProof(random, proof) : new Uint8Array(Buffer.concat(proof)),
    ]
  },
  ours([leaf, index, size, root, proof]) {
    verifyInclusion({ leaf, index: numberOf(index), size: numberOf(size), root, proof: hashesOf(proof) })
    return PLAIN
  },
  known: PROOF_LENIENCY,
}

const growth = {
  name: 'consistency proof',
  weight: 60,
  asks: [['xmod', 'growth']],
  make(random) {
    const size = anySize(random)
    const { from, to, fromRoot, toRoot, proof } = growthOf(random, 1 + below(random, size), size)
    const wound = random.below(6)
    // x/mod has no proof from an empty tree: there we have nobody to ask.
    const start = wound === 0 ? damageCount(random, from) || 1n : from
    return [
      uint64(start),
      uint64(wound === 1 ? damageCount(random, to) : to),
      wound === 2 ? damageBytes(random, fromRoot) : fromRoot,
      wound === 3 ? damageBytes(random, toRoot) : toRoot,
      wound === 4 ? damageProof(random, proof) : new Uint8Array(Buffer.concat(proof)),
    ]
  },
  ours([from, to, fromRoot, toRoot, proof]) {
    verifyConsistency({ from: numberOf(from), to: numberOf(to), fromRoot, toRoot, proof: hashesOf(proof) })
    return PLAIN
  },
  known: PROOF_LENIENCY,
}

// --- paths and bundles

const path = {
  name: 'tile and bundle path',
  weight: 60,
  asks: [
    ['xmod', 'path'],
    ['community', 'torchwood-path'],
  ],
  make(random) {
    const index = below(random, random.pick([1, 300, 1_234_068, 2 ** 40, 2 ** 52]))
    const width = random.pick([1, 17, 112, 255, 256])
    const text = random.chance(0.3) ? bundlePath(index, width) : tilePath(random.pick([0, 1, 2, 7, 63]), index, width)
    return [random.chance(0.2) ? utf8(text) : damageBytes(random, utf8(text))]
  },
  ours([bytes]) {
    const named = parseLogPath(argumentText(bytes))
    if (named === null || (named.kind !== 'tile' && named.kind !== 'bundle')) throw refused('MALFORMED_REQUEST')
    return `${named.kind === 'bundle' ? -1 : named.level}/${named.index}/${named.width}`
  },
  known: { MALFORMED_REQUEST: 'tile numbers from 10^18; levels it then refuses to read' },
}

const bundle = {
  name: 'entry bundle',
  weight: 40,
  asks: [['community', 'torchwood-bundle']],
  make(random) {
    const entries = Array.from({ length: 1 + random.below(6) }, () =>
      random.bytes(random.pick([0, 1, 5, 255, 256, 300])),
    )
    const parts = entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 255), entry])
    const bytes = new Uint8Array(Buffer.concat(parts))
    const count = random.chance(0.1) ? entries.length + random.pick([-1, 1]) : entries.length
    return [random.chance(0.3) ? bytes : damageBytes(random, bytes), uint64(count)]
  },
  ours: ([bytes, count]) => meaningOf(...decodeBundle(bytes, numberOf(count))),
  known: {},
}

// --- proof and policy files

const POLICY = [
  `log ${vkeyOf(LOG)} https://fuzz.example/`,
  `witness w1 ${vkeyOf(COSIGNERS[0])} https://w1.example/`,
  `witness w2 ${vkeyOf(COSIGNERS[1])}`,
  'group both all w1 w2',
  'quorum both',
]
const POLICY_FILE = utf8(`${POLICY.join('\n')}\n`)
const PARSED_POLICY = parsePolicy(POLICY_FILE)

const policy = {
  name: 'policy file',
  weight: 40,
  asks: [['community', 'torchwood-policy']],
  make(random) {
    const lines = [...POLICY]
    if (random.chance(0.3))
      lines[3] = `group both ${random.pick(['any', '1', '2', '0', '3', '-1', '01', '+2', 'some'])} w1 w2`
    if (random.chance(0.3)) lines[4] = `quorum ${random.pick(['w1', 'none', 'nobody', '', 'both w1'])}`
    if (random.chance(0.2))
      lines.splice(
        random.below(5),
        0,
        random.pick(['# a comment', '', '  ', '\t# x', 'group g any w1', 'group none any w1', 'witness w1']),
      )
    const text = utf8(`${lines.join('\n')}\n`)
    return [random.chance(0.4) ? text : damage(random, text)]
  },
  ours([bytes]) {
    parsePolicy(bytes)
    return PLAIN
  },
  // The format is made of octets, and a comment is a line; torchwood splits words at any Unicode space and cuts a line at any #.
  moreBecause: ([bytes]) =>
    /[^\n]#/.test(Buffer.from(bytes).toString('latin1'))
      ? 'torchwood takes # inside a line for a comment'
      : bytes.some((byte) => byte >= 0x80)
        ? 'torchwood splits at Unicode spaces, the format at octets'
        : null,
  known: {
    ...KEY_LENIENCY,
    MALFORMED_POLICY:
      'the same key twice, a member of two groups, a group named none, more words on a line than the format has',
  },
}

/** A proof of an entry in a log of any size, cosigned as the policy asks. */
function anyProof(random) {
  const size = anySize(random)
  const { leaf, index, root, proof } = inclusionOf(random, below(random, size), size)
  const text = utf8(fixtures.checkpointText(LOG.key.name, size, root))
  const lines = COSIGNERS.map((signer) => fixtures.cosignatureOver(signer, text, 1_795_000_000n))
  const checkpointNote = noteOf(text, [fixtures.signatureOver(LOG, text), ...lines])
  return {
    leaf,
    file: formatTlogProof({
      index,
      proof,
      checkpoint: checkpointNote,
      extra: random.chance(0.3) ? utf8('extra') : null,
    }),
  }
}

const PROOF_FILE_LENIENCY = {
  INVALID_BASE64: 'pad bits that are set, and line breaks',
  INVALID_INTEGER: 'an index with leading zeros or a sign',
  UNSUPPORTED_SIZE: 'an index from 2^53',
  MALFORMED_PROOF_FILE: 'extra data of no bytes',
  WRONG_PROOF_LENGTH: 'more than 63 hashes',
  INVALID_UTF8: 'bytes that are not UTF-8 before the checkpoint',
}

/** The checkpoint as formats' reader passes it on: line by line, a carriage return before the newline dropped, a last newline added. */
function mended(note) {
  const text = Buffer.from(note).toString('latin1')
  if (text === '') return note
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  return Buffer.from(`${lines.map((line) => line.replace(/\r$/, '')).join('\n')}\n`, 'latin1')
}

const proofForm = {
  name: 'proof file, form alone',
  weight: 30,
  asks: [['community', 'formats-proof']],
  make(random) {
    const { file } = anyProof(random)
    return [random.chance(0.2) ? file : damage(random, file)]
  },
  ours([bytes]) {
    const { index, extra, checkpoint: note, proof } = parseTlogProof(bytes)
    return meaningOf(String(index), extra ?? '', mended(note), ...proof)
  },
  known: PROOF_FILE_LENIENCY,
}

const proofVerified = {
  name: 'proof file, verified by a policy',
  weight: 30,
  asks: [['community', 'torchwood-proof']],
  make(random) {
    const { leaf, file } = anyProof(random)
    return [
      POLICY_FILE,
      random.chance(0.05) ? random.bytes(32) : leaf,
      random.chance(0.3) ? file : damage(random, file),
    ]
  },
  ours([, leaf, bytes]) {
    verifyTlogProof(parseTlogProof(bytes), { leaf, policy: PARSED_POLICY })
    return PLAIN
  },
  known: { ...COSIGNED_LENIENCY, ...PROOF_FILE_LENIENCY },
}

// --- JSON and acts

const json = {
  name: 'canonical JSON',
  weight: 120,
  asks: [['xmod', 'json']],
  make: (random) => [anyJson(random)],
  ours([bytes]) {
    const value = parseCanonicalJson(bytes)
    if (formatCanonicalJson(value) !== textOf(bytes)) throw new Error('read, but not written the same')
    // Go writes what it read with sorted keys: of a document of the profile that is the document itself.
    return meaningOf(bytes)
  },
  oracle: ([bytes]) => isCanonicalJson(bytes),
  known: {
    MALFORMED_JSON: 'white space, and nesting to any depth',
    NON_CANONICAL_JSON:
      'duplicate and unsorted keys, fractions, exponents, needless escapes, half surrogate pairs, any character',
    JSON_LIMIT: 'any length, any depth, any number',
  },
}

const HASH = encodeBase64(fixtures.sha256())

function anyAct(random) {
  const act = {
    v: 1,
    table: 'rheintal',
    o: 'rheintal.parley/a/1',
    id: Buffer.from(random.bytes(16)).toString('hex'),
    kind: random.pick(['zone.suspend', 'note', 'intent.declare']),
    at: 1_795_000_000,
    seen: random.chance(0.5) ? [] : [{ o: 'rheintal.parley/b/1', n: random.below(2 ** 32), r: HASH }],
    to: random.pick([[], ['b'], ['b', 'c']]),
    body: random.pick([{}, { text: 'Übergabe' }, { lat: 473_000_000, lng: 95_000_000 }]),
    ...(random.chance(0.3) ? { exp: 1_795_003_600 } : {}),
    ...(random.chance(0.3) ? { ref: { o: 'rheintal.parley/b/1', i: 3, h: HASH } } : {}),
  }
  return signAct(act, random.chance(0.3) ? OFFICERS.slice(0, 2) : [OFFICERS[0]])
}

const act = {
  name: 'act',
  weight: 50,
  asks: [['xmod', 'parse']],
  make: (random) => [random.chance(0.2) ? anyAct(random) : damage(random, anyAct(random))],
  ours([bytes]) {
    const { text, signatures } = parseAct(bytes)
    return meaningOf(text, ...unverifiedParts(signatures))
  },
  known: {
    ...NOTE_LENIENCY,
    INVALID_KEY_NAME: 'any name of a signer',
    MALFORMED_ACT: 'any text: it knows notes, not acts',
    INVALID_ACT_FIELD: 'any text',
    UNSUPPORTED_VERSION: 'any text',
    MALFORMED_JSON: 'any text',
    NON_CANONICAL_JSON: 'any text',
    JSON_LIMIT: 'any text',
  },
}

const QUANTUM_SAFE_NOTES = ['1', '70000', '257'].map((size) => {
  const text = utf8(fixtures.checkpointText(LOG.key.name, size, fixtures.sha256(size)))
  const line = cosignCheckpoint(textOf(text), QUANTUM_SAFE, 1_795_000_000)
  return noteOf(text, [fixtures.signatureOver(LOG, text), formatSignatureLine(line)])
})

const quantumSafeCosigned = {
  name: 'cosigned checkpoint, ML-DSA-44',
  weight: 5,
  asks: [['community', 'formats-cosigned']],
  make(random) {
    const note = random.pick(QUANTUM_SAFE_NOTES)
    return [utf8(vkeyOf(LOG)), utf8(vkeyOf(QUANTUM_SAFE)), random.chance(0.2) ? note : damage(random, note)]
  },
  ours: ([, , bytes]) => cosignedMeaning(bytes, QUANTUM_SAFE),
  known: COSIGNED_LENIENCY,
}

export const SUBJECTS = [
  base64,
  vkey,
  cosignerVkey,
  quantumSafeVkey,
  skey,
  ed25519,
  noteForm,
  noteOpened,
  signatureLines,
  checkpoint,
  cosigned,
  inclusion,
  growth,
  path,
  bundle,
  json,
  act,
  quantumSafeCosigned,
  policy,
  proofForm,
  proofVerified,
]
