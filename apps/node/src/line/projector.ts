import {
  applyAct,
  applyFork,
  applyReceipt,
  type Charter,
  createLine,
  type LineAct,
  type LineProjection,
  receiptBy,
  STATE_DIGEST_ACT,
  unsettled,
} from '@parley/line'
import {
  type Act,
  type ActContext,
  createKeyBook,
  decodeBase64,
  EMPTY_ROOT,
  encodeBase64,
  type Enrolment,
  isRecordError,
  judgeAct,
  judgeNext,
  type Judgement,
  type KeyBook,
  leafHash,
  parseAct,
} from '@parley/record'
import type { KeptReceipt } from './receipt-file.ts'

/** What the projector asks of the logs that lie here. */
export interface HeldLogs {
  /** Root in base64 of the first `size` entries of a log; null while so many are not here. */
  rootAt(origin: string, size: number): Promise<string | null>
  /** An entry that lies here, to be judged again. */
  entry(origin: string, index: number): Promise<Uint8Array | null>
}

/** The next entry of a log, judged. */
export interface JudgedNext {
  readonly judgement: Judgement
  take(learntS: number): void
}

const ROOTS_KEPT = 50_000
const EMPTY = encodeBase64(EMPTY_ROOT)

/**
 * The line as this node sees it: judges each entry of each log once, in the order of the log, by the key book of its author, and hands it
 * to the projection. Everything in it can be made anew from the logs and the receipts.
 */
export class Projector {
  readonly line: LineProjection
  readonly #books: ReadonlyMap<string, KeyBook>
  readonly #logs: HeldLogs
  readonly #roots = new Map<string, string>()
  /** Acts `state.digest` that were taken. */
  digests = 0
  /** By log, the latest cosignature time among the heads it cites. */
  readonly #lowerBounds = new Map<string, number>()

  constructor({
    charter,
    enrolments,
    logs,
  }: {
    readonly charter: Charter
    readonly enrolments: readonly Enrolment[]
    readonly logs: HeldLogs
  }) {
    const parties = charter.parties.map(({ party }) => party)
    this.line = createLine(charter, enrolments)
    this.#logs = logs
    this.#books = new Map(
      enrolments.map((enrolment) => [
        enrolment.log.name,
        createKeyBook(enrolment, { parties, rules: charter.kinds, skewS: charter.skewS }),
      ]),
    )
  }

  book(origin: string): KeyBook {
    const book = this.#books.get(origin)
    if (book === undefined) throw new Error(`${origin} is no log of this table`)
    return book
  }

  /** Entries of a log that were taken in. */
  size(origin: string): number {
    return this.book(origin).size
  }

  /** Root in base64 of a head that is known here; null: of none at that size. */
  knownRoot(origin: string, size: number): string | null {
    return size === 0 ? EMPTY : (this.#roots.get(`${origin} ${size}`) ?? null)
  }

  /** Keeps in mind the root of a head that is known here. */
  knowRoot(origin: string, size: number, root: Uint8Array): void {
    this.#keepRoot(`${origin} ${size}`, encodeBase64(root))
  }

  /** Looks up what judging these acts will ask, so that judging itself need not wait. */
  async prepare(acts: readonly (Act | null)[]): Promise<void> {
    for (const act of acts) await this.knowRoots(act?.seen ?? [])
  }

  /** Looks up the roots of these heads, so that `knownRoot` has those that are here. */
  async knowRoots(heads: readonly { readonly o: string; readonly n: number }[]): Promise<void> {
    for (const { o, n } of heads) {
      const key = `${o} ${n}`
      if (n === 0 || this.#roots.has(key) || !this.#books.has(o)) continue
      const root = await this.#logs.rootAt(o, n)
      if (root !== null) this.#keepRoot(key, root)
    }
  }

  /** Judges the entry as the next one of its log; it is taken only by `take` of what comes back. `prepare` comes first. */
  judge(origin: string, entry: Uint8Array, act: Act | null): JudgedNext {
    const book = this.book(origin)
    const index = book.size
    const context = this.#context(origin, { act, index, entry: true })
    const next = judgeNext(book, entry, context)
    return {
      judgement: next.judgement,
      take: (learntS) => {
        next.take()
        if (next.judgement.act?.kind === STATE_DIGEST_ACT.kind) this.digests += 1
        if (context.lowerBoundS !== null) this.#lowerBounds.set(origin, context.lowerBoundS)
        applyAct(this.line, {
          origin,
          index,
          leafHash: leafHash(entry),
          act: next.judgement.act,
          judgement: next.judgement,
          officers: next.officers,
          receiptS: context.receiptAtS,
          learntS,
        })
      },
    }
  }

  /** Takes the next entry of a log, whatever becomes of it. `prepare` comes first. */
  take(
    origin: string,
    entry: Uint8Array,
    { act, learntS }: { readonly act: Act | null; readonly learntS: number },
  ): void {
    this.judge(origin, entry, act).take(learntS)
  }

  /** Takes a cosignature that verified; gives the acts that it makes disputed or late, to be judged again. */
  receive(receipt: KeptReceipt): readonly LineAct[] {
    const { line } = this
    const before = line.logs.get(receipt.origin)?.entries
    const covered = this.#covered(receipt)
    applyReceipt(line, receipt)
    if (receipt.role !== 'mirror' || before === undefined) return []
    const { skewS } = line.charter
    const late: LineAct[] = []
    for (let i = covered; i < Math.min(receipt.size, before.length); i += 1) {
      const entry = before[i] as LineAct
      const { act } = entry
      if (act === null) continue
      if (Math.abs(act.at - receipt.timestampS) > skewS || (act.exp !== undefined && receipt.timestampS > act.exp))
        late.push(entry)
    }
    return late
  }

  fork(origin: string, evidence: string | null, nowS: number): void {
    applyFork(this.line, { origin, foundS: nowS, evidence: evidence ?? '' })
  }

  /** Judges again what could not be settled before, and `more`; resolves with those whose verdict changed. */
  async settle(more: readonly LineAct[] = []): Promise<readonly LineAct[]> {
    const changed: LineAct[] = []
    for (const { origin, index } of [...more, ...unsettled(this.line)]) {
      const before = this.line.logs.get(origin)?.entries[index]
      const entry = await this.#logs.entry(origin, index)
      if (before === undefined || entry === null) continue
      await this.prepare([before.act])
      // The projection changes an act where it stands.
      const wasEffective = before.effective
      const book = this.book(origin)
      const context = this.#context(origin, { act: before.act, index, entry: false })
      applyAct(this.line, {
        origin,
        index,
        leafHash: decodeBase64(before.leaf),
        act: before.act,
        judgement: judgeAct(book, entry, index, context),
        officers: before.officers,
        receiptS: context.receiptAtS,
        learntS: before.learntS,
      })
      const after = this.line.logs.get(origin)?.entries[index]
      if (after !== undefined && after.effective !== wasEffective) changed.push(after)
    }
    return changed
  }

  #covered({ by, role, origin, size }: KeptReceipt): number {
    const list = this.line.receipts.get(`${origin} ${by} ${role}`) ?? []
    let covered = 0
    for (let i = list.length - 1; i >= 0; i -= 1) {
      const at = list[i]?.size ?? 0
      if (at < size) {
        covered = at
        break
      }
    }
    return covered
  }

  #context(
    origin: string,
    { act, index, entry }: { readonly act: Act | null; readonly index: number; readonly entry: boolean },
  ): ActContext {
    const { line } = this
    const { party } = this.book(origin)
    let receiptAtS: number | null = null
    for (const member of line.charter.parties) {
      const receipt = receiptBy(line, { origin, index }, { by: member.party, role: 'mirror' })
      if (receipt !== null && (receiptAtS === null || receipt.timestampS < receiptAtS)) receiptAtS = receipt.timestampS
    }
    // An act judged again was bounded by what stood before it; what came after must not bound it.
    let lowerBoundS = entry ? (this.#lowerBounds.get(origin) ?? null) : null
    for (const { o, n } of act?.seen ?? []) {
      if (n === 0) continue
      // No act that cites a head is older than the first cosignature of it by another.
      let firstS: number | null = null
      for (const member of line.charter.parties) {
        if (member.party === party) continue
        const receipt = receiptBy(line, { origin: o, index: n - 1 }, { by: member.party, role: 'mirror' })
        if (receipt?.size === n && (firstS === null || receipt.timestampS < firstS)) firstS = receipt.timestampS
      }
      if (firstS !== null && (lowerBoundS === null || firstS > lowerBoundS)) lowerBoundS = firstS
    }
    return {
      receiptAtS,
      lowerBoundS,
      // That a cosignature is not in hand shows nothing: its answer may have been lost on the way.
      cosigned: (o, size) => {
        if (size === 0) return true
        const receipt = receiptBy(line, { origin: o, index: size - 1 }, { by: party, role: 'mirror' })
        return receipt?.size === size ? true : null
      },
      rootAt: (o, size) => (size === 0 ? EMPTY : (this.#roots.get(`${o} ${size}`) ?? null)),
      entryAt: (o, i) => {
        const cited = line.logs.get(o)?.entries[i]
        if (cited === undefined) return null
        return { leaf: decodeBase64(cited.leaf), sealedTo: cited.act?.kind === 'sealed' ? cited.act.to : null }
      },
    }
  }

  #keepRoot(key: string, root: string): void {
    this.#roots.set(key, root)
    if (this.#roots.size > ROOTS_KEPT) this.#roots.delete(this.#roots.keys().next().value as string)
  }
}

/** The act that an entry is, or null. */
export function actOf(entry: Uint8Array): Act | null {
  try {
    return parseAct(entry).act
  } catch (error) {
    if (isRecordError(error)) return null
    throw error
  }
}
