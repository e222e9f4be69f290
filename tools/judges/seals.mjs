// The age command opens what we seal, we open what it seals, and both refuse what was altered.
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ageEncrypt,
  decodeBase64,
  formatIdentity,
  MAX_SEAL_RECIPIENTS,
  openAgeFile,
  recipientOf,
  seal,
  sealCommitment,
  unpadInner,
} from '@parley/record'
import { findProgram, goJudge, versionOf } from './toolchain.mjs'

const seedOf = (name) => new Uint8Array(createHash('sha256').update(`parley seals ${name}`).digest())

const INNER = {
  salt: '5a'.repeat(32),
  table: 'judges',
  o: 'judges.parley/a/1',
  id: '00112233445566778899aabbccddeeff',
  to: ['b', 'c'],
  kind: 'note',
  body: { text: 'Nur für Lage 2' },
}

/** Ways to alter an age file; what none may open. */
const ALTERED = {
  'header MAC changed': (file) => changeAt(file, headerEnd(file) - 3),
  'a recipient stanza changed': (file) => changeAt(file, file.indexOf(0x0a, file.indexOf(0x0a) + 1) + 5),
  'last byte of the payload changed': (file) => changeAt(file, file.length - 1),
  'payload cut short': (file) => file.subarray(0, file.length - 20),
  'payload cut off': (file) => file.subarray(0, headerEnd(file) + 17),
  'a byte after the end': (file) => Buffer.concat([file, Uint8Array.of(0)]),
  'header only': (file) => file.subarray(0, headerEnd(file)),
}

const changeAt = (file, at) => Buffer.from(file).fill(file[at] ^ 2, at, at + 1)
/** Behind the newline that ends the line of the MAC. */
const headerEnd = (file) => file.indexOf(0x0a, Buffer.from(file).indexOf('\n--- ') + 1) + 1

/** The age programs there are: the one on the PATH and the newest published one. */
function programs() {
  const onPath = findProgram('age')
  const keygen = findProgram('age-keygen')
  const built = goJudge('age')
  const builtKeygen = goJudge('age-keygen')
  return [
    onPath === null || keygen === null
      ? { name: 'age', missing: 'no age and age-keygen found (Debian package age)' }
      : { name: `age ${versionOf(onPath, ['--version'])}`, age: onPath, keygen },
    built.missing !== undefined || builtKeygen.missing !== undefined
      ? { name: 'age v1.3.2', missing: built.missing ?? builtKeygen.missing }
      : { name: 'age v1.3.2', age: built.path, keygen: builtKeygen.path },
  ]
}

async function judgeBy({ age, keygen }, folder, hybrid) {
  const failures = []
  let checks = 0
  const check = (name, holds) => {
    checks += 1
    if (!holds) failures.push(name)
  }
  const run = (program, args, input) => {
    const done = spawnSync(program, args, { input, timeout: 20_000 })
    return done.status === 0 ? done.stdout : null
  }
  const kind = hybrid ? 'hybrid' : 'x25519'
  const label = (text) => `${kind}: ${text}`
  const theirIdentity =
    run(keygen, hybrid ? ['-pq'] : [], '')
      ?.toString()
      .split('\n')
      .find((line) => line.startsWith('AGE-SECRET')) ?? ''
  const theirs = await recipientOf(theirIdentity)
  const ourIdentity = formatIdentity(seedOf('a'), kind)
  const ours = await recipientOf(ourIdentity)
  const identityFile = join(folder, 'identity')
  writeFileSync(identityFile, `${theirIdentity}\n`)

  const others = await Promise.all(
    Array.from({ length: hybrid ? 1 : MAX_SEAL_RECIPIENTS - 2 }, (_, i) =>
      recipientOf(formatIdentity(seedOf(`other ${i}`), kind)),
    ),
  )
  for (const recipients of [
    [ours, theirs],
    [theirs, ours],
    [ours, theirs, ...others],
  ]) {
    const { body, inner } = await seal(INNER, { recipients, author: ours, encrypt: ageEncrypt })
    const file = decodeBase64(body.ct)
    const opened = run(age, ['-d', '-i', identityFile], file)
    const text = opened === null ? null : unpadInner(new Uint8Array(opened))
    check(
      label(`age opens our seal for ${recipients.length}`),
      text !== null && Buffer.from(text).equals(Buffer.from(inner)),
    )
    check(
      label('the commitment holds for what age opened'),
      text !== null && Buffer.from(sealCommitment(text)).toString('hex') === body.commit,
    )
    for (const [name, alter] of Object.entries(ALTERED)) {
      const altered = new Uint8Array(alter(Buffer.from(file)))
      check(label(`age refuses: ${name}`), run(age, ['-d', '-i', identityFile], altered) === null)
      check(label(`we refuse: ${name}`), (await openAgeFile(altered, [ourIdentity])).kind === 'failed')
    }
  }
  for (const plaintext of [Buffer.from('x'), Buffer.alloc(1024, 7), Buffer.alloc(40_000, 9)]) {
    const file = run(age, ['-r', ours, '-r', theirs], plaintext)
    const opened = file === null ? null : await openAgeFile(new Uint8Array(file), [ourIdentity])
    check(
      label(`we open what age sealed, ${plaintext.length} bytes`),
      opened?.kind === 'opened' && plaintext.equals(Buffer.from(opened.plaintext)),
    )
    if (file === null) continue
    for (const [name, alter] of Object.entries(ALTERED)) {
      const altered = new Uint8Array(alter(Buffer.from(file)))
      check(label(`we refuse of age's: ${name}`), (await openAgeFile(altered, [ourIdentity])).kind === 'failed')
    }
  }
  return { checks, failures }
}

/** What each age program makes of our seals and we of its. */
export async function judgeSeals() {
  const results = []
  for (const program of programs()) {
    if (program.missing !== undefined) {
      results.push(program)
      continue
    }
    const folder = mkdtempSync(join(tmpdir(), 'parley-seals-'))
    try {
      const plain = await judgeBy(program, folder, false)
      const canHybrid = spawnSync(program.keygen, ['-pq'], { stdio: 'ignore' }).status === 0
      const hybrid = canHybrid ? await judgeBy(program, folder, true) : null
      results.push({
        name: program.name,
        checks: plain.checks + (hybrid?.checks ?? 0),
        failures: [...plain.failures, ...(hybrid?.failures ?? [])],
        hybrid: canHybrid,
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return results
}
