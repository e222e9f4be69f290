import { readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import {
  type Finding,
  formatCheckpoint,
  formatVkey,
  type LogReport,
  type TreeHead,
  type VerifierKey,
  verifySignatureLine,
} from '@parley/record'
import type { BesideFindings } from '../store/beside.ts'
import type { FileRange } from '../store/block-file.ts'
import type { JournalStore, StoredHead } from '../store/journal-store.ts'
import type { Crew } from './crew.ts'

const HEADS_A_JOB = 128
const JOBS_AHEAD = 8

interface HeadKeys {
  readonly key: VerifierKey
  readonly cosigners: readonly VerifierKey[]
  readonly crew: Crew
}

/** The heads of a journal as earlier heads of its log, their signatures verified on the way by the crew. */
export class SignedHeads {
  readonly findings: Finding[] = []
  checked = 0
  /** Lines of known cosigners that were looked at. */
  cosignatures = 0
  readonly #store: JournalStore
  readonly #key: VerifierKey
  readonly #cosigners: readonly VerifierKey[]
  readonly #crew: Crew
  readonly #under: Promise<void>[] = []

  constructor(store: JournalStore, { key, cosigners, crew }: HeadKeys) {
    this.#store = store
    this.#key = key
    this.#cosigners = cosigners
    this.#crew = crew
  }

  async *heads(): AsyncGenerator<TreeHead> {
    let some: StoredHead[] = []
    for (const head of this.#store.heads()) {
      some.push(head)
      this.#checkCosignatures(head)
      if (some.length === HEADS_A_JOB) {
        this.#verify(some)
        some = []
        if (this.#under.length > JOBS_AHEAD) await this.#under.shift()
      }
      yield head
    }
    if (some.length > 0) this.#verify(some)
  }

  /** Lines of cosigners whose keys were given must verify, also those under older heads. */
  #checkCosignatures({ size, root }: StoredHead): void {
    for (const { line, place } of this.#store.cosignaturesAt(size)) {
      const key = this.#cosigners.find(({ name, keyId }) => name === line.name && keyId === line.keyId)
      if (key === undefined) continue
      this.cosignatures++
      if (verifySignatureLine(key, formatCheckpoint({ origin: this.#key.name, size, root }), line)) continue
      const rule = `the cosignature of ${line.name} under the head of ${size} entries does not verify`
      const bytes = { from: place.from, to: place.to }
      this.findings.push({ kind: 'store', path: place.file, entries: null, bytes, rule })
    }
  }

  get key(): VerifierKey {
    return this.#key
  }

  async settled(): Promise<void> {
    await Promise.all(this.#under)
  }

  #verify(heads: readonly StoredHead[]): void {
    this.checked += heads.length
    const work = this.#crew
      .heads({
        origin: this.#key.name,
        publicKey: this.#key.publicKey,
        heads: heads.map(({ size, root, signature }) => ({ size, root, signature })),
      })
      .then((failed) => {
        for (const at of failed) {
          const { size, place } = heads[at] as StoredHead
          const rule = `the log's signature over its head of ${size} entries does not verify: root or signature was altered`
          this.findings.push({
            kind: 'store',
            path: place.file,
            entries: null,
            bytes: { from: place.from, to: place.to },
            rule,
          })
        }
      })
    // Its failure is met when all are waited for.
    work.catch(() => undefined)
    this.#under.push(work)
  }
}

/**
 * Puts what the tree says of a journal together with what its bytes say: places become bytes of the journal's files, and
 * where a checksum has named the very byte, the entry around it is not named a second time.
 */
export function withStore(
  report: LogReport,
  store: JournalStore,
  { heads, beside }: { heads: SignedHeads; beside: BesideFindings },
): LogReport {
  store.finish()
  const misstated = keyFileFinding(store, heads.key)
  if (misstated !== null) heads.findings.push(misstated)
  const stored = [
    ...[...store.findings, ...beside.findings].map(
      ({ place, entries, what }): Finding => ({
        kind: 'store',
        path: place.file,
        entries,
        bytes: { from: place.from, to: place.to },
        rule: what,
      }),
    ),
    ...heads.findings,
  ]
  const lost = stored.length > 0
  const kept = report.findings.filter((finding) => {
    // Where rows cannot be read, what they held is missing, and said already.
    if (lost && (finding.kind === 'file-missing' || finding.kind === 'root')) return false
    const { entries, kind } = finding
    if (entries === null) return true
    // A head that no longer fits says of many entries what one of them was found to be.
    if (kind === 'consistency' && report.findings.some((each) => isEntry(each) && within(each, entries))) return false
    return !stored.some((each) => each.entries !== null && overlap(each.entries, entries) && kind !== 'replay')
  })
  const dropped = report.findings.length - kept.length
  const findings = [...stored, ...kept.map((finding) => placed(finding, store))].map((finding) => ({
    ...finding,
    path: finding.path === null ? null : named(finding.path, store),
  }))
  const findingsTotal = report.findingsTotal - dropped + stored.length
  return { ...report, findings, findingsTotal, verdict: findingsTotal === 0 ? 'verified' : 'altered' }
}

/** The public key beside the private one, which people copy from there, must be the log's. */
function keyFileFinding(store: JournalStore, key: VerifierKey): Finding | null {
  const number = /^journal-(\d+)$/.exec(basename(store.dir))?.[1]
  const file = join(store.dir, '..', 'keys', number === undefined ? 'log.vkey' : `log-${number}.vkey`)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return null
  }
  if (text.trim() === formatVkey(key)) return null
  const rule = `this file states another key than that of the log, ${formatVkey(key)}`
  return { kind: 'store', path: file, entries: null, bytes: { from: 0, to: Buffer.byteLength(text) }, rule }
}

const isEntry = ({ kind }: Finding): boolean => kind.startsWith('entry-')
const within = (finding: Finding, range: { from: number; to: number }): boolean =>
  finding.entries !== null && range.from <= finding.entries.from && finding.entries.to <= range.to

function overlap(a: { from: number; to: number }, b: { from: number; to: number }): boolean {
  return a.from < b.to && b.from < a.to
}

/** The finding with its place in the journal's files, when it can be told. */
function placed(finding: Finding, store: JournalStore): Finding {
  const { kind, entries, path } = finding
  if (kind === 'tile-altered' && path !== null) {
    const name = /^tile\/(\d+)\/((?:x\d{3}\/)*\d{3})/.exec(path)
    const position = (finding.bytes?.from ?? 0) / 32
    const place =
      name === null
        ? null
        : store.placeOfHash(Number(name[1]), Number((name[2] as string).replaceAll(/[x/]/g, '')), position)
    return place === null ? finding : at(finding, { ...place, to: place.from + 32 }, path)
  }
  if (entries === null || entries.to - entries.from !== 1 || !kind.startsWith('entry-')) return finding
  const [first] = store.placesOf(entries.from)
  return first === undefined ? finding : at(finding, first, path ?? '')
}

function at(finding: Finding, { file, from, to }: FileRange, path: string): Finding {
  return {
    ...finding,
    path: file,
    bytes: { from, to },
    rule: `${finding.rule}${path === '' ? '' : ` (${path} of the log)`}`,
  }
}

function named(path: string, store: JournalStore): string {
  const inside = relative(join(store.dir, '..'), path)
  return inside.startsWith('..') ? path : inside
}
