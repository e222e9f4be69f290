import { isW84 } from '../model/height.ts'
import type { Item, Piece } from '../model/item.ts'
import type { DraftItem } from './draft.ts'
import type { FindingCode, FindingFacts, Findings } from './finding.ts'
import type { Format } from './format.ts'
import { expandTiming } from './schedule.ts'

/** What one file held. */
export interface SourceFile {
  readonly file: string
  readonly format: Format | null
  readonly items: readonly DraftItem[]
}

/** Everything that was read, ready to be compared. */
export interface Picture {
  readonly items: readonly Item[]
  readonly pieces: readonly Piece[]
  /** Formats and counts by file, in the order given. */
  readonly files: readonly {
    readonly file: string
    readonly format: Format | null
    readonly items: number
    readonly pieces: number
  }[]
}

const NO_RESTRICTION = 'NO_RESTRICTION'

/** Puts all files together: weekly schedules are written out over the time in which anything else happens. */
export function buildPicture(sources: readonly SourceFile[], findings: Findings): Picture {
  const window = windowOf(sources)
  const items: Item[] = []
  const pieces: Piece[] = []
  const files = sources.map(({ file, format, items: drafts }) => {
    const before = { items: items.length, pieces: pieces.length }
    for (const draft of drafts) {
      if (draft.facts['type'] === NO_RESTRICTION) {
        findings.add(file, 'unrestricted-zone', {
          position: draft.id,
          field: 'type',
          value: NO_RESTRICTION,
          rule: 'restricts nothing: not compared',
        })
        continue
      }
      nameUncertain(draft, file, findings)
      const own = expand(draft, items.length, window)
      if (own.length === 0) continue
      // oxlint-disable-next-line unicorn/no-useless-spread -- a push of 100,000 arguments would overflow the stack
      for (const piece of own) pieces.push(piece)
      items.push({
        ...draft,
        identity: draft.identity === '' ? `${file} ${items.length}` : draft.identity,
        file,
        pieces: own,
      })
    }
    return { file, format, items: items.length - before.items, pieces: pieces.length - before.pieces }
  })
  return { items, pieces, files }
}

function expand(draft: DraftItem, item: number, window: { startMs: number; endMs: number }): Piece[] {
  return draft.pieces.flatMap(({ timings, ...piece }) =>
    timings.flatMap((timing) => expandTiming(timing, window)).map((interval) => ({ ...piece, item, interval })),
  )
}

/** Names, once an item, what about its heights and times is not certain. */
function nameUncertain(draft: DraftItem, file: string, findings: Findings): void {
  const named = new Set<string>()
  const name = (code: FindingCode, facts: FindingFacts): void => {
    if (named.has(facts.rule)) return
    named.add(facts.rule)
    findings.add(file, code, facts)
  }
  for (const { band, timings, position } of draft.pieces) {
    if (band.unknown !== undefined) {
      const rule = `${band.unknown}: what it meets in area and time is undecided`
      name('height-unknown', { position, field: '', value: draft.id, rule })
    }
    for (const limit of [band.lower, band.upper]) {
      if (isW84(limit) || limit.reference === 'STD') continue
      const [needed, any] = limit.reference === 'AGL' ? ['terrain', 'ground'] : ['a geoid model', 'geoid']
      const rule = `${limit.reference} is not converted to W84 without ${needed}: compared exactly with ${limit.reference}, else decided only where any ${any} on Earth gives the same answer`
      const value = `${draft.id}, ${Math.round(limit.valueM * 100) / 100} m ${limit.reference}`
      name('height-not-convertible', { position, field: '', value, rule })
    }
    for (const { unknown } of timings) {
      if (unknown === undefined) continue
      name('time-unknown', { position, field: '', value: draft.id, rule: `${unknown}: what it meets is undecided` })
    }
  }
}

/** From the first start to the last end of everything that has both and no schedule. */
function windowOf(sources: readonly SourceFile[]): { startMs: number; endMs: number } {
  let startMs = Infinity
  let endMs = -Infinity
  for (const { items } of sources) {
    for (const { pieces, kind } of items) {
      if (kind === 'zone' || kind === 'constraint') continue
      for (const { timings } of pieces) {
        for (const timing of timings) {
          startMs = Math.min(startMs, timing.startMs)
          endMs = Math.max(endMs, timing.endMs)
        }
      }
    }
  }
  return startMs <= endMs ? { startMs, endMs } : { startMs: -Infinity, endMs: Infinity }
}
