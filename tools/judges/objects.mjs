// Single objects, good and altered, before the libraries: proofs, cosigned checkpoints, proof files, acts. The good one first: a judge
// that refuses it too has judged nothing.
import { existsSync, readFileSync } from 'node:fs'
import {
  cosignCheckpoint,
  encodeBase64,
  formatCheckpoint,
  formatSignatureLine,
  formatTlogProof,
  formatVkey,
  leafHash,
  openCheckpoint,
  parseAct,
  parsePolicy,
  parseTlogProof,
  proveConsistency,
  proveInclusion,
  rootFromTiles,
  signCheckpoint,
  verifyConsistency,
  verifyEd25519,
  verifyInclusion,
  verifyTlogProof,
  vetPublicKey,
} from '@parley/record'
import { folderReader, LOG, MIRROR, OFFICER, POLICY, QUANTUM_SAFE, signerOf, WITNESS } from './log.mjs'
import { openPipe, questionOf } from './pipe.mjs'

const utf8 = (text) => new TextEncoder().encode(text)
const join = (...parts) => new Uint8Array(Buffer.concat(parts))
const flip = (bytes, at = 0) => bytes.with(at, bytes[at] ^ 1)
const uint64 = (value) => {
  const out = Buffer.alloc(8)
  out.writeBigUInt64BE(BigInt(value))
  return out
}
const split = (bytes) =>
  Array.from({ length: Math.ceil(bytes.length / 32) }, (_, i) => bytes.subarray(32 * i, 32 * i + 32))
const number = (bytes) => Number(Buffer.from(bytes).readBigUInt64BE())

/** Every wrong way to write a proof of two hashes or more. */
const wrongProofs = (proof) => [
  ...proof.map((hash, i) => [`hash ${i} of ${proof.length} changed`, proof.with(i, flip(hash, i))]),
  ['one hash too few', proof.slice(1)],
  ['one hash too few at the end', proof.slice(0, -1)],
  ['one hash too many', [...proof, proof[0]]],
  ['hashes in reverse', proof.toReversed()],
  ['first hashes swapped', [proof[1], proof[0], ...proof.slice(2)]],
  ['a hash of 31 bytes', [...proof.slice(0, -1), proof.at(-1).subarray(1)]],
  ['64 hashes', Array.from({ length: 64 }, (_, i) => proof[i % proof.length])],
  ['no hashes', []],
]

function inclusionCases({ leaf, index, size, root, proof }) {
  const args = (change) => {
    const of = { leaf, index, size, root, proof, ...change }
    return [of.leaf, uint64(of.index), uint64(of.size), of.root, join(...of.proof)]
  }
  return {
    subject: 'inclusion proof (#47)',
    asks: [['xmod', 'inclusion']],
    ours: ([hash, at, of, top, hashes]) =>
      verifyInclusion({ leaf: hash, index: number(at), size: number(of), root: top, proof: split(hashes) }),
    good: args({}),
    bad: [
      ...wrongProofs(proof).map(([name, hashes]) => [name, args({ proof: hashes })]),
      ['another leaf', args({ leaf: flip(leaf) })],
      ['another root', args({ root: flip(root) })],
      ['the index before', args({ index: index - 1 })],
      ['the index after', args({ index: index + 1 })],
      ['the index at the size', args({ index: size })],
      ['an index 2^32 further', args({ index: index + 2 ** 32 })],
      ['half the size', args({ size: Math.floor(size / 2) })],
      ['twice the size', args({ size: 2 * size })],
      ['size 0', args({ size: 0 })],
    ],
  }
}

function growthCases({ from, to, fromRoot, toRoot, proof }) {
  const args = (change) => {
    const of = { from, to, fromRoot, toRoot, proof, ...change }
    return [uint64(of.from), uint64(of.to), of.fromRoot, of.toRoot, join(...of.proof)]
  }
  return {
    subject: 'consistency proof (#47)',
    asks: [['xmod', 'growth']],
    ours: ([start, end, before, after, hashes]) =>
      verifyConsistency({
        from: number(start),
        to: number(end),
        fromRoot: before,
        toRoot: after,
        proof: split(hashes),
      }),
    good: args({}),
    bad: [
      ...wrongProofs(proof).map(([name, hashes]) => [name, args({ proof: hashes })]),
      ['another earlier root', args({ fromRoot: flip(fromRoot) })],
      ['another later root', args({ toRoot: flip(toRoot) })],
      ['the sizes exchanged', args({ from: to, to: from })],
      ['the earlier size one less', args({ from: from - 1 })],
      ['half the later size', args({ to: Math.floor(to / 2) })],
      ['equal sizes', args({ from: to })],
    ],
  }
}

function cosignedCases(cosigner, asks, head) {
  const text = formatCheckpoint(head)
  const line = cosignCheckpoint(text, cosigner, 1_795_000_000)
  const log = formatVkey(LOG.key)
  const note = (changed, own = signCheckpoint(head, LOG)) =>
    join(own, utf8(formatSignatureLine({ ...line, ...changed })))
  const args = (bytes) => [utf8(log), utf8(formatVkey(cosigner.key)), bytes]
  const other = { ...head, root: flip(head.root) }
  const otherLine = cosignCheckpoint(formatCheckpoint(other), cosigner, 1_795_000_000)
  const stranger = signerOf('stranger.example', cosigner.key.type)
  const strange = cosignCheckpoint(
    text,
    { ...stranger, key: { ...stranger.key, name: cosigner.key.name } },
    1_795_000_000,
  )
  return {
    subject: `cosigned checkpoint, type 0x0${cosigner.key.type} (#17, #19, #20)`,
    asks,
    ours([, , bytes]) {
      if (openCheckpoint(bytes, LOG.key, [cosigner.key]).cosignatures.length !== 1) throw new Error('not cosigned')
    },
    good: args(note({})),
    bad: [
      ['its time changed', args(note({ signature: flip(line.signature, 7) }))],
      ['its signature changed', args(note({ signature: flip(line.signature, 20) }))],
      ['its signature cut short', args(note({ signature: line.signature.subarray(0, -1) }))],
      ['its signature with a byte more', args(note({ signature: join(line.signature, Uint8Array.of(0)) }))],
      ['no time', args(note({ signature: line.signature.subarray(8) }))],
      ['the cosignature of another head', args(note({ signature: otherLine.signature }))],
      ["a stranger under the cosigner's key id", args(note({ signature: strange.signature }))],
      ["the log's own signature as cosignature", args(note({ signature: LOG.sign(utf8(text)) }))],
      ["the cosigner's line alone, without the log", args(join(utf8(`${text}\n`), utf8(formatSignatureLine(line))))],
      [
        'a root changed under both',
        args(Buffer.from(Buffer.from(note({})).toString().replace(encodeBase64(head.root), encodeBase64(other.root)))),
      ],
    ],
  }
}

function proofFileCases({ entry, index, proof }, note) {
  const leaf = leafHash(entry)
  const policy = utf8(POLICY)
  const file = (change) => formatTlogProof({ index, proof, checkpoint: note, extra: null, ...change })
  const args = (bytes, hash = leaf) => [policy, hash, bytes]
  const text = (how) => utf8(how(Buffer.from(file({})).toString()))
  const parsed = parsePolicy(policy)
  return {
    subject: 'proof file under a policy (#47, #16, #19)',
    asks: [['community', 'torchwood-proof']],
    ours: ([, hash, bytes]) => verifyTlogProof(parseTlogProof(bytes), { leaf: hash, policy: parsed }),
    good: args(file({})),
    bad: [
      ['another entry', args(file({}), leafHash(flip(entry, 30)))],
      ['another index', args(file({ index: index + 1 }))],
      ...wrongProofs(proof)
        .filter(([name]) => !name.includes('31 bytes') && !name.includes('64'))
        .map(([name, hashes]) => [name, args(file({ proof: hashes }))]),
      ['another header', args(text((of) => of.replace('@v1', '@v2')))],
      ['no header', args(text((of) => of.slice(of.indexOf('\n') + 1)))],
      ['no index', args(text((of) => of.replace(/index \d+\n/, '')))],
      ['one cosignature of two', args(text((of) => of.replace(/— mirror\S* \S*\n/, '')))],
      ['no signature of the log', args(text((of) => of.replace(/— judges\S* \S*\n/, '')))],
      ['a size changed', args(text((of) => of.replace('\n70000\n', '\n70001\n')))],
    ],
  }
}

function actCases(entry) {
  const keys = utf8(formatVkey(OFFICER.key))
  const text = (how) => utf8(how(Buffer.from(entry).toString()))
  return {
    subject: 'act as a signed note',
    asks: [['xmod', 'note']],
    ours: ([, bytes]) => parseAct(bytes),
    // Our reader of the form leaves the signature to openAct; here only the foreign verdict on altered acts counts.
    formOnly: true,
    good: [keys, entry],
    bad: [
      ['a digit of its body changed', [keys, text((of) => of.replace('"lat":473', '"lat":474'))]],
      ['its first line changed', [keys, text((of) => of.replace('parley.act/v1', 'parley.act/v2'))]],
      [
        'its signature changed',
        [
          keys,
          text((of) =>
            of.replace(/(— \S* .{30})./, (_, before) => `${before}${of.includes(`${before}A`) ? 'B' : 'A'}`),
          ),
        ],
      ],
      ['an empty line before its signature missing', [keys, text((of) => of.replace('\n\n', '\n'))]],
      ['no signature', [keys, text((of) => of.slice(0, of.indexOf('\n\n') + 2))]],
    ],
  }
}

const VECTORS = new URL('../../../shared/vectors/ed25519-cctv.json', import.meta.url)

/** The published edge cases of Ed25519: what we accept Go accepts too; under keys that pass vetting both say the same, R of small order apart. */
async function edgeCases(pipe) {
  const subject = 'published edge cases of Ed25519 (#22)'
  if (!existsSync(VECTORS))
    return { subject, judges: [], altered: 0, wrong: [], note: 'the vectors are not beside the checkout' }
  const vectors = JSON.parse(readFileSync(VECTORS, 'utf8'))
  const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'))
  const args = vectors.map(({ key, msg, sig }) => [bytes(key), utf8(msg), bytes(sig)])
  const answers = await pipe.ask(args.map((of) => questionOf('ed25519', of)))
  const wrong = []
  let theirs = 0
  let vetted = 0
  let apart = 0
  for (const [i, [key, message, signature]] of args.entries()) {
    const go = answers[i].startsWith('ok')
    if (go) theirs += 1
    const ours = verifyEd25519(key, message, signature)
    let safe = true
    try {
      vetPublicKey(key)
    } catch {
      safe = false
    }
    if (safe) vetted += 1
    if (safe && ours && !go) wrong.push(`we accept case ${i} and Go does not`)
    if (!safe || ours === go) continue
    if (vectors[i].flags.includes('low_order_R')) apart += 1
    else wrong.push(`case ${i}: Go ${go}, ours ${ours}`)
  }
  const note = `Go accepts ${theirs}; ${vetted} have keys that pass vetting, and there we differ in ${apart}, whose R is of small order`
  return { subject, judges: ['crypto/ed25519'], altered: vectors.length, wrong, note }
}

/** Asks the drivers about all objects. Answers per subject how many were asked, and what was not as it should be. */
export async function judgeObjects({ folder, size, proven, note, drivers }) {
  const reader = folderReader(folder, size)
  const root = await rootFromTiles(reader, size)
  const head = { origin: LOG.key.name, size, root }
  const from = 12_345
  const growth = {
    from,
    to: size,
    fromRoot: await rootFromTiles(reader, from),
    toRoot: root,
    proof: await proveConsistency(reader, { from, to: size }),
  }
  const inclusion = {
    leaf: leafHash(proven.entry),
    index: proven.index,
    size,
    root,
    proof: await proveInclusion(reader, { index: proven.index, size }),
  }
  const both = ['formats-cosigned', 'torchwood-cosigned'].map((word) => ['community', word])
  const subjects = [
    inclusionCases(inclusion),
    growthCases(growth),
    cosignedCases(WITNESS, both, head),
    cosignedCases(MIRROR, both, head),
    cosignedCases(QUANTUM_SAFE, both.slice(0, 1), head),
    proofFileCases(proven, note),
    actCases(proven.entry),
  ]
  const pipes = Object.fromEntries(Object.entries(drivers).map(([name, path]) => [name, openPipe(path)]))
  const results = []
  try {
    for (const one of subjects) {
      const { subject, asks, good, bad, formOnly = false } = one
      const wrong = []
      const weSay = (args) => {
        try {
          one.ours(args)
          return true
        } catch {
          return false
        }
      }
      if (!weSay(good)) wrong.push('we refuse the good one')
      for (const [name, args] of formOnly ? [] : bad) if (weSay(args)) wrong.push(`we accept: ${name}`)
      for (const [driver, word] of asks) {
        const answers = await pipes[driver].ask(
          [good, ...bad.map(([, args]) => args)].map((args) => questionOf(word, args)),
        )
        if (!answers[0].startsWith('ok')) wrong.push(`${word} refuses the good one: ${answers[0]}`)
        for (const [i, [name]] of bad.entries()) {
          if (!answers[i + 1].startsWith('no'))
            wrong.push(`${word} does not refuse: ${name} (${answers[i + 1].slice(0, 60)})`)
        }
      }
      results.push({ subject, judges: asks.map(([, word]) => word), altered: bad.length, wrong })
    }
    results.push(await edgeCases(pipes.xmod))
  } finally {
    for (const pipe of Object.values(pipes)) await pipe.close()
  }
  return results
}
