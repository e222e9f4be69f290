import { sha256 } from '#primitives'
import {
  type BundleCheck,
  type BundleJob,
  type BundleProblem,
  checkBundle,
  type Range,
  readBundle,
  sameHash,
  subtreeRoot,
} from './check-bundle.ts'
import { encodeHex } from './bytes.ts'
import { CompactRange } from './compact-range.ts'
import { type BlobLeaf, parseBlobLeaf } from './leaf.ts'
import { HASH_BYTES } from './merkle.ts'
import { bundlePath, levelShape, TILE_WIDTH, tilePath } from './tile-path.ts'

/** Where the files of a log are read from: a folder, a server, a journal. Null says that there is no such file. */
export interface LogSource {
  /** The newest checkpoint, a signed note. */
  checkpoint(): Promise<Uint8Array | null>
  /** `width` hashes of 32 bytes; nothing of the answer is believed. */
  tile(level: number, index: number, width: number): Promise<Uint8Array | null>
  /** A bundle of entries in the format of tlog-tiles. */
  bundle(index: number, width: number): Promise<Uint8Array | null>
  /** Content of an entry too long for a leaf. */
  blob(sha256Hex: string): Promise<Uint8Array | null>
  /**
   * Which tiles must be there: `all` (the default), or only the `full` ones, as a journal keeps them, or `none`. Where a
   * tile is missing that need not be there, entries are checked against the root alone.
   */
  readonly tiles?: 'all' | 'full' | 'none'
}

/** The log whose files `get` gives by their path under the log's prefix, null where there is none. */
export function fileSource(get: (path: string) => Promise<Uint8Array | null>): LogSource {
  return {
    checkpoint: () => get('checkpoint'),
    tile: (level, index, width) => get(tilePath(level, index, width)),
    bundle: (index, width) => get(bundlePath(index, width)),
    blob: (hash) => get(`blob/${hash}`),
  }
}

/** A tree as somebody signed it. */
export interface TreeHead {
  readonly size: number
  readonly root: Uint8Array
}

export type FindingKind =
  | 'checkpoint-missing'
  | 'checkpoint-malformed'
  | 'checkpoint-signature'
  | 'cosignature'
  | 'policy'
  | 'file-missing'
  | 'file-length'
  | 'entry-altered'
  | 'entry-length-altered'
  | 'entry-moved'
  | 'entry-missing'
  | 'entry-inserted'
  | 'bundle-ends-early'
  | 'bundle-trailing'
  | 'tile-altered'
  | 'subtree-altered'
  | 'undecided'
  | 'root'
  | 'consistency'
  | 'blob-missing'
  | 'blob-altered'
  | 'store'
  | 'act'
  | 'act-signature'
  | 'replay'

/** One thing that is not as it was signed, with its place as near as can be told. */
export interface Finding {
  readonly kind: FindingKind
  /** File of the log, by its path under the log's prefix; null when it is about none. */
  readonly path: string | null
  /** Entries it touches, half-open; null when it touches none. */
  readonly entries: Range | null
  /** Bytes of that file, half-open; null when they cannot be told. */
  readonly bytes: Range | null
  /** One English sentence. */
  readonly rule: string
}

/** Something a reader should know that is no fault of the log's contents. */
export interface VerifyNote {
  readonly kind: 'partial-from-full'
  readonly path: string
}

export interface VerifyProgress {
  readonly done: number
  readonly total: number
}

export interface VerifyTreeOptions {
  /** The tree to be found. */
  readonly head: TreeHead
  /** Heads seen or signed before, smallest first: each must be a prefix of this log. */
  readonly earlier?: AsyncIterable<TreeHead> | Iterable<TreeHead>
  /** Runs one check, for instance in another thread; by default here and now. */
  readonly run?: (job: BundleJob) => Promise<BundleCheck> | BundleCheck
  /** Bundles under way at once; default 8. Memory is bounded by this times the size of a bundle (16 MiB at most). */
  readonly parallel?: number
  /** Given the entries in order, each exactly once, as long as nothing is wrong before them: blobs in full. */
  readonly onEntries?: (first: number, entries: readonly Uint8Array[]) => Promise<void> | void
  readonly onProgress?: (progress: VerifyProgress) => void
  readonly signal?: AbortSignal
}

export interface TreeReport {
  /** Root of the entries as read; null when some could not be read at all. */
  readonly root: Uint8Array | null
  /** Entries whose hash was computed from their bytes. */
  readonly entries: number
  readonly findings: readonly Finding[]
  /** How many findings there were, those beyond the kept ones included. */
  readonly findingsTotal: number
  readonly notes: readonly VerifyNote[]
  /** First entry not handed to `onEntries`, because something is wrong at or before it. */
  readonly handed: number
}

const MOST_FINDINGS = 200
const MOST_EVENTS = 4096

/** A difference between a tile and what lies below it, to be judged once the root is known. */
interface Event {
  readonly level: number
  readonly index: number
  /** Root of what was computed for a full tile. */
  readonly computed: Uint8Array | null
  readonly positions: readonly number[]
  readonly check: BundleCheck | null
}

/**
 * Verifies a whole log against a tree head: every entry's bytes, every hash of every tile, and the root. Reads each
 * file once, in order, in bounded memory. What is altered is named by file, entries and bytes: where entries and tiles
 * disagree, the tree above them, up to the signed root, decides which of the two is wrong.
 *
 * Signatures are not looked at here: see `verifyHead` for those on the checkpoint and `checkActs` for those on acts.
 *
 * @throws what the source throws when it cannot read at all, and the signal's reason when it aborts
 */
export async function verifyTree(source: LogSource, options: VerifyTreeOptions): Promise<TreeReport> {
  return new TreeVerification(source, options).run()
}

interface Loaded {
  readonly bundle: Uint8Array | null
  readonly check: BundleCheck
}

class TreeVerification {
  readonly #source: LogSource
  readonly #options: VerifyTreeOptions
  readonly #size: number
  readonly #tiles: 'all' | 'full' | 'none'
  readonly #findings: Finding[] = []
  #findingsTotal = 0
  readonly #notes: VerifyNote[] = []
  readonly #events: Event[] = []
  /** Computed hashes that wait until their tile is whole, by level from 1 on; null where unknown. */
  readonly #waiting: (Uint8Array | null)[][] = []
  readonly #closed: number[] = []
  /** Over the roots of full bundles; null once one of them is unknown. */
  #full: CompactRange | null = new CompactRange()
  #entries = 0
  /** Sizes of the earlier heads that did not fit since `fitting`, the largest that did. */
  #unfit: number[] = []
  #fitting = 0
  #handed = 0
  #handing: boolean
  readonly #trust = new Map<string, Promise<boolean>>()
  #edge: Promise<boolean> | null = null

  constructor(source: LogSource, options: VerifyTreeOptions) {
    this.#source = source
    this.#options = options
    this.#size = options.head.size
    this.#tiles = source.tiles ?? 'all'
    this.#handing = options.onEntries !== undefined
  }

  async run(): Promise<TreeReport> {
    const { parallel = 8, signal, onProgress } = this.#options
    const bundles = Math.ceil(this.#size / TILE_WIDTH)
    const earlier = iteratorOf(this.#options.earlier ?? [])
    let next = await earlier.next()
    const ahead: Promise<Loaded>[] = []
    let last = new Edge(this.#full, null)
    for (; next.done !== true && next.value.size === 0; next = await earlier.next()) this.#compareHead(next.value, last)
    for (let index = 0, asked = 0; index < bundles; index++) {
      signal?.throwIfAborted()
      for (; asked < bundles && asked < index + parallel; asked++) {
        const load = this.#load(asked)
        // Its failure is met when its turn comes.
        load.catch(() => undefined)
        ahead.push(load)
      }
      const loaded = await (ahead.shift() as Promise<Loaded>)
      const { check } = loaded
      const end = index * TILE_WIDTH + check.width
      last = new Edge(this.#full, check)
      for (; next.done !== true && next.value.size <= end; next = await earlier.next())
        this.#compareHead(next.value, last)
      await this.#take(loaded)
      await this.#hand(loaded)
      onProgress?.({ done: end, total: this.#size })
    }
    for (; next.done !== true; next = await earlier.next()) this.#compareHead(next.value, last)
    this.#settleHeads()
    for (let level = 1; level < this.#waiting.length; level++) {
      if ((this.#waiting[level] as unknown[]).length > 0) await this.#closeTile(level)
    }
    const root = last.rootAt(this.#size)
    await this.#judge(root)
    return {
      root,
      entries: this.#entries,
      findings: this.#findings,
      findingsTotal: this.#findingsTotal,
      notes: this.#notes,
      handed: this.#handed,
    }
  }

  async #load(index: number): Promise<Loaded> {
    const width = Math.min(TILE_WIDTH, this.#size - index * TILE_WIDTH)
    const [bundle, tile] = await Promise.all([
      this.#readBundle(index, width),
      this.#readTile({ level: 0, index, width }),
    ])
    const check = await (this.#options.run ?? checkBundle)({ index, width, bundle, tile })
    return { bundle, check }
  }

  async #readBundle(index: number, width: number): Promise<Uint8Array | null> {
    const path = bundlePath(index, width)
    const bundle = await this.#source.bundle(index, width)
    if (bundle !== null) return bundle
    if (width < TILE_WIDTH) {
      // The log may have grown since: then the full bundle is enough, and its first entries are ours.
      const full = await this.#source.bundle(index, TILE_WIDTH)
      const cut = full === null ? null : cutBundle(full, width)
      if (cut !== null) {
        this.#notes.push({ kind: 'partial-from-full', path })
        return cut
      }
    }
    const rule = 'the bundle of these entries is not there'
    this.#find({ kind: 'file-missing', path, entries: this.#covered(0, index, width), bytes: null, rule })
    return null
  }

  async #readTile({ level, index, width }: TileName, quietly = false): Promise<Uint8Array | null> {
    // A source that keeps only full tiles may still make the others from them, which is what a judgement needs.
    if (this.#tiles === 'none' || (this.#tiles === 'full' && width < TILE_WIDTH && !quietly)) return null
    const path = tilePath(level, index, width)
    let tile = await this.#source.tile(level, index, width)
    if (tile === null && width < TILE_WIDTH) {
      const full = await this.#source.tile(level, index, TILE_WIDTH)
      if (full !== null && full.length === TILE_WIDTH * HASH_BYTES) {
        tile = full.subarray(0, width * HASH_BYTES)
        if (!quietly) this.#notes.push({ kind: 'partial-from-full', path })
      }
    }
    const wanted = width * HASH_BYTES
    if (tile === null) {
      const rule = 'the tile of these hashes is not there'
      if (!quietly)
        this.#find({ kind: 'file-missing', path, entries: this.#covered(level, index, width), bytes: null, rule })
      return null
    }
    if (tile.length === wanted) return tile
    if (!quietly) {
      const bytes = { from: Math.min(tile.length, wanted), to: Math.max(tile.length, wanted) }
      const rule = `the tile has ${tile.length} bytes and must have ${wanted}`
      this.#find({ kind: 'file-length', path, entries: null, bytes, rule })
    }
    return tile.subarray(0, Math.min(wanted, tile.length - (tile.length % HASH_BYTES)))
  }

  async #take({ bundle, check }: Loaded): Promise<void> {
    const { index, width, problems, differing, leaves } = check
    if (bundle !== null && leaves !== null) this.#entries += width
    // How the bytes fall into entries needs no tree to be judged; what the entries are does.
    for (const problem of problems) {
      if (problem.kind === 'ends-early' || problem.kind === 'trailing') this.#find(this.#bundleFinding(check, problem))
    }
    if (differing > 0 || problems.some(({ kind }) => kind === 'length'))
      this.#event({ level: 0, index, computed: check.root, positions: [], check })
    if (width < TILE_WIDTH) {
      if (leaves === null) this.#full = null
      return
    }
    if (check.root === null) this.#full = null
    else this.#full?.append(check.root)
    await this.#rise(1, check.root)
  }

  async #rise(level: number, hash: Uint8Array | null): Promise<void> {
    const waiting = (this.#waiting[level] ??= [])
    waiting.push(hash)
    if (waiting.length === TILE_WIDTH) await this.#closeTile(level)
  }

  /** Compares the hashes computed for one tile with the tile itself, and passes its root upwards when it is full. */
  async #closeTile(level: number): Promise<void> {
    const hashes = this.#waiting[level] as (Uint8Array | null)[]
    this.#waiting[level] = []
    const index = this.#closed[level] ?? 0
    this.#closed[level] = index + 1
    const width = hashes.length
    const tile = await this.#readTile({ level, index, width })
    const computed = new Uint8Array(width * HASH_BYTES)
    const positions: number[] = []
    let known = true
    hashes.forEach((hash, position) => {
      const at = position * HASH_BYTES
      const inTile = tile !== null && at + HASH_BYTES <= tile.length
      if (hash !== null) {
        computed.set(hash, at)
        if (inTile && !sameHash(computed, tile, position)) positions.push(position)
      } else if (inTile) computed.set(tile.subarray(at, at + HASH_BYTES), at)
      else known = false
    })
    const root = known && width === TILE_WIDTH ? subtreeRoot(computed) : null
    if (positions.length > 0) this.#event({ level, index, computed: root, positions, check: null })
    if (width === TILE_WIDTH) await this.#rise(level + 1, root)
  }

  /** Hands the entries on, in order, up to the first that is not as the tile says or cannot be read. */
  async #hand({ bundle, check }: Loaded): Promise<void> {
    if (!this.#handing) return
    const entries =
      bundle === null || check.differing > 0 || check.problems.length > 0 ? null : readBundle(bundle, check.width)
    if (entries === null) {
      this.#handing = false
      return
    }
    const first = check.index * TILE_WIDTH
    const whole: Uint8Array[] = []
    for (const [position, entry] of entries.entries()) {
      const content = await this.#content(first + position, entry)
      if (content === null) {
        this.#handing = false
        break
      }
      whole.push(content)
    }
    if (whole.length > 0) await this.#options.onEntries?.(first, whole)
    this.#handed = first + whole.length
  }

  /** The entry itself, or the blob that it stands for. */
  async #content(index: number, entry: Uint8Array): Promise<Uint8Array | null> {
    const named = blobNamed(entry)
    if (named === null) return entry
    const blob = await this.#source.blob(named.sha256)
    const place = { path: `blob/${named.sha256}`, entries: { from: index, to: index + 1 } }
    if (blob === null) {
      this.#find({ kind: 'blob-missing', ...place, bytes: null, rule: 'the content of this entry is not there' })
      return null
    }
    if (blob.length === named.length && encodeHex(sha256(blob)) === named.sha256) return blob
    const rule = `the content has ${blob.length} bytes and another hash than the entry names (${named.length} bytes)`
    this.#find({ kind: 'blob-altered', ...place, bytes: { from: 0, to: blob.length }, rule })
    return null
  }

  /**
   * Holds an earlier head against the entries. One that does not fit while later ones do was itself altered; where none
   * fits from one on, the history was, between it and the last that fits.
   */
  #compareHead(head: TreeHead, edge: Edge): void {
    if (head.size > this.#size) {
      this.#settleHeads()
      const rule = `an earlier checkpoint holds ${head.size} entries, and this one only ${this.#size}: the log was cut`
      this.#find({ kind: 'consistency', path: null, entries: { from: this.#size, to: head.size }, bytes: null, rule })
      return
    }
    const root = edge.rootAt(head.size)
    // Without a root there is a finding already of what could not be read.
    if (root === null) return
    if (!sameHash(root, head.root)) {
      this.#unfit.push(head.size)
      return
    }
    for (const size of this.#unfit) {
      const rule = `the checkpoint of ${size} entries states another root than they have, while those before and after it fit: it was altered`
      this.#find({ kind: 'consistency', path: null, entries: { from: 0, to: size }, bytes: null, rule })
    }
    this.#unfit = []
    this.#fitting = head.size
  }

  #settleHeads(): void {
    const [size] = this.#unfit
    if (size === undefined) return
    const rule = `the first ${size} entries do not have the root that the checkpoint of that size states: the history was rewritten`
    this.#find({ kind: 'consistency', path: null, entries: { from: this.#fitting, to: size }, bytes: null, rule })
    this.#unfit = []
  }

  /** Turns differences into findings, now that it is known whether the entries as read have the signed root. */
  async #judge(root: Uint8Array | null): Promise<void> {
    const sound = root !== null && sameHash(root, this.#options.head.root)
    const before = this.#findingsTotal
    const wrongBelow: Range[] = []
    for (const event of this.#events) {
      if (sound) this.#tileFindings(event)
      else await this.#judgeEvent(event, wrongBelow)
    }
    if (sound || root === null || this.#findingsTotal > 0 || before > 0) return
    const rule =
      this.#tiles === 'all'
        ? 'entries and tiles agree with each other, and have another root than the checkpoint states'
        : 'the entries have another root than the checkpoint states'
    this.#find({ kind: 'root', path: 'checkpoint', entries: { from: 0, to: this.#size }, bytes: null, rule })
  }

  async #judgeEvent(event: Event, wrongBelow: Range[]): Promise<void> {
    const { level, index, computed, check } = event
    if (await this.#tileHolds(level, index)) {
      // The tile belongs to the signed tree, so what lies below it is wrong.
      if (check !== null) {
        for (const problem of check.problems) {
          if (problem.kind !== 'ends-early' && problem.kind !== 'trailing')
            this.#find(this.#bundleFinding(check, problem))
        }
        wrongBelow.push(this.#covered(0, index, check.width))
        return
      }
      for (const position of event.positions) {
        const entries = this.#covered(level - 1, index * TILE_WIDTH + position, TILE_WIDTH)
        // Named already, closer to where it is.
        if (wrongBelow.some(({ from, to }) => from >= entries.from && to <= entries.to)) continue
        wrongBelow.push(entries)
        const rule =
          'entries and tiles here agree with each other, but not with the signed tree above them: both were altered'
        this.#find({
          kind: 'subtree-altered',
          path: this.#pathOf(level - 1, index * TILE_WIDTH + position),
          entries,
          bytes: null,
          rule,
        })
      }
      return
    }
    const truth = await this.#storedHash(level + 1, index)
    if (truth !== null && computed !== null && sameHash(computed, truth)) {
      this.#tileFindings(event)
      return
    }
    wrongBelow.push(this.#covered(level, index, this.#widthOf(level, index)))
    this.#undecided(event)
  }

  /** Neither side can be tied to the signed root: both are named. */
  #undecided({ level, index, positions, check }: Event): void {
    const rule = 'this place and the tile above it disagree, and neither can be tied to the signed root'
    if (check === null) {
      for (const position of positions) {
        const entries = this.#covered(level - 1, index * TILE_WIDTH + position, TILE_WIDTH)
        const bytes = { from: position * HASH_BYTES, to: (position + 1) * HASH_BYTES }
        this.#find({ kind: 'undecided', path: this.#pathOf(level, index), entries, bytes, rule })
      }
      return
    }
    for (const problem of check.problems) {
      if (!('position' in problem) || problem.kind === 'ends-early') continue
      const { path, entries, bytes } = this.#bundleFinding(check, problem)
      this.#find({ kind: 'undecided', path, entries, bytes, rule })
    }
  }

  /** The entries are right, so the tile is not. */
  #tileFindings({ level, index, positions, check }: Event): void {
    const path = this.#pathOf(level, index)
    const altered =
      check === null
        ? positions
        : check.problems.flatMap((problem) =>
            'position' in problem && problem.kind !== 'ends-early' && problem.kind !== 'length'
              ? [problem.position]
              : [],
          )
    for (const position of altered) {
      const entries =
        level === 0
          ? one(index * TILE_WIDTH + position)
          : this.#covered(level - 1, index * TILE_WIDTH + position, TILE_WIDTH)
      const bytes = { from: position * HASH_BYTES, to: (position + 1) * HASH_BYTES }
      const rule = 'the hash in the tile is not that of what it covers, which is as it was signed'
      this.#find({ kind: 'tile-altered', path, entries, bytes, rule })
    }
    // A wrong length alone leaves the hashes as they were, and the bundle is still not what it was.
    for (const problem of check?.problems ?? []) {
      if (problem.kind === 'length') this.#find(this.#bundleFinding(check as BundleCheck, problem))
    }
  }

  /** Whether the tile as stored is part of the signed tree. */
  #tileHolds(level: number, index: number): Promise<boolean> {
    const key = `${level}/${index}`
    let holds = this.#trust.get(key)
    if (holds === undefined) {
      holds = this.#findOut(level, index)
      this.#trust.set(key, holds)
    }
    return holds
  }

  async #findOut(level: number, index: number): Promise<boolean> {
    const width = this.#widthOf(level, index)
    if (width === 0) return false
    if (width < TILE_WIDTH) return (this.#edge ??= this.#edgeHolds())
    const tile = await this.#readTile({ level, index, width }, true)
    if (tile?.length !== TILE_WIDTH * HASH_BYTES) return false
    const above = await this.#storedHash(level + 1, index)
    return above !== null && sameHash(subtreeRoot(tile), above)
  }

  /** The hash stored for a node, if it is part of the signed tree. */
  async #storedHash(level: number, index: number): Promise<Uint8Array | null> {
    const tileIndex = Math.floor(index / TILE_WIDTH)
    if (!(await this.#tileHolds(level, tileIndex))) return null
    const tile = await this.#readTile({ level, index: tileIndex, width: this.#widthOf(level, tileIndex) }, true)
    const at = (index % TILE_WIDTH) * HASH_BYTES
    return tile === null || at + HASH_BYTES > tile.length ? null : tile.subarray(at, at + HASH_BYTES)
  }

  /** Whether the partial tiles of all levels together have the signed root. */
  async #edgeHolds(): Promise<boolean> {
    const hashes: Uint8Array[] = []
    for (let level = levelsOf(this.#size) - 1; level >= 0; level--) {
      const { full, partial } = levelShape(level, this.#size)
      if (partial === 0) continue
      const tile = await this.#readTile({ level, index: full, width: partial }, true)
      if (tile?.length !== partial * HASH_BYTES) return false
      const range = new CompactRange()
      for (let at = 0; at < tile.length; at += HASH_BYTES) range.append(tile.subarray(at, at + HASH_BYTES))
      hashes.push(...range.hashes())
    }
    return sameHash(CompactRange.from(this.#size, hashes).root(), this.#options.head.root)
  }

  #widthOf(level: number, index: number): number {
    const { full, partial } = levelShape(level, this.#size)
    return index < full ? TILE_WIDTH : index === full ? partial : 0
  }

  #pathOf(level: number, index: number): string {
    return tilePath(level, index, this.#widthOf(level, index) || TILE_WIDTH)
  }

  /** Entries below the first `width` hashes of a tile. */
  #covered(level: number, index: number, width: number): Range {
    const each = TILE_WIDTH ** level
    const from = index * TILE_WIDTH * each
    return { from, to: Math.min(this.#size, from + width * each) }
  }

  #bundleFinding({ index, width }: BundleCheck, problem: BundleProblem): Finding {
    const path = bundlePath(index, width)
    const first = index * TILE_WIDTH
    const { bytes } = problem
    switch (problem.kind) {
      case 'differs':
        return {
          kind: 'entry-altered',
          path,
          bytes,
          entries: one(first + problem.position),
          rule: 'the entry does not have the hash that was signed',
        }
      case 'length':
        return {
          kind: 'entry-length-altered',
          path,
          bytes,
          entries: one(first + problem.position),
          rule: 'the length before the entry is wrong; the entry itself is as it was signed',
        }
      case 'moved':
        return {
          kind: 'entry-moved',
          path,
          bytes,
          entries: one(first + problem.position),
          rule: `entry ${first + problem.holds} stands in this place`,
        }
      case 'missing':
        return {
          kind: 'entry-missing',
          path,
          bytes,
          entries: one(first + problem.position),
          rule: 'the entry is gone, and those after it have moved up',
        }
      case 'inserted':
        return {
          kind: 'entry-inserted',
          path,
          bytes,
          entries: one(first + problem.position),
          rule: 'an entry that was not signed stands here, and those after it have moved down',
        }
      case 'ends-early':
        return {
          kind: 'bundle-ends-early',
          path,
          bytes,
          entries: { from: first + problem.position, to: first + width },
          rule: 'the bundle ends, or stops being entries, here',
        }
      case 'trailing':
        return {
          kind: 'bundle-trailing',
          path,
          bytes,
          entries: null,
          rule: `${bytes.to - bytes.from} bytes follow the last entry`,
        }
    }
  }

  #event(event: Event): void {
    if (this.#events.length < MOST_EVENTS) this.#events.push(event)
    else this.#findingsTotal++
  }

  #find(finding: Finding): void {
    this.#findingsTotal++
    if (this.#findings.length < MOST_FINDINGS) this.#findings.push(finding)
  }
}

interface TileName {
  readonly level: number
  readonly index: number
  readonly width: number
}

/** The tree up to and into one bundle: gives the root at any size within it, sizes asked for in rising order. */
class Edge {
  readonly #full: CompactRange | null
  readonly #check: BundleCheck | null
  readonly #inside = new CompactRange()

  constructor(full: CompactRange | null, check: BundleCheck | null) {
    this.#full = full?.clone() ?? null
    this.#check = check
  }

  /** Null where a hash it needs is unknown. */
  rootAt(size: number): Uint8Array | null {
    const full = this.#full
    if (full === null) return null
    const inside = size - full.size * TILE_WIDTH
    if (inside === 0) return CompactRange.from(size, full.hashes()).root()
    const check = this.#check
    if (check === null || check.leaves === null) return null
    if (inside === TILE_WIDTH) {
      const root = check.root
      if (root === null) return null
      const whole = full.clone()
      whole.append(root)
      return whole.root()
    }
    for (let at = this.#inside.size * HASH_BYTES; this.#inside.size < inside; at += HASH_BYTES)
      this.#inside.append(check.leaves.subarray(at, at + HASH_BYTES))
    return CompactRange.from(size, [...full.hashes(), ...this.#inside.hashes()]).root()
  }
}

const one = (index: number): Range => ({ from: index, to: index + 1 })

function levelsOf(size: number): number {
  let levels = 0
  while (Math.floor(size / TILE_WIDTH ** levels) > 0) levels++
  return levels
}

async function* iteratorOf<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, void> {
  yield* items
}

/** The first `width` entries of a full bundle, null when they cannot be told apart. */
function cutBundle(full: Uint8Array, width: number): Uint8Array | null {
  const entries = readBundle(full, TILE_WIDTH)
  const last = entries?.[width - 1]
  return last === undefined ? null : full.subarray(0, last.byteOffset + last.length - full.byteOffset)
}

/** What a leaf that stands for a longer entry names. A leaf that only looks like one is what its author wrote, no more. */
function blobNamed(entry: Uint8Array): BlobLeaf | null {
  try {
    return parseBlobLeaf(entry)
  } catch {
    return null
  }
}
