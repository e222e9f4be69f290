import { type LineProjection, logsOf } from './line-projection.ts'

/** Contents that a member's mirror has had time to receipt and has not: what a non-delivery protest is made of. */
export interface DueProtest {
  readonly origin: string
  /** The mirror that should have answered. */
  readonly accused: string
  /** Size of the head to protest over: the first one past all its mirror has receipted that a witness has cosigned. */
  readonly size: number
  /** Members whose witness cosigned that head or a later one, the accused itself perhaps among them. */
  readonly witnesses: readonly string[]
  /** When the first of them had, on its own clock, unix seconds. */
  readonly availableS: number
  /** From when the charter lets it be protested. */
  readonly dueS: number
}

/**
 * The protests an author may make at `nowS`: heads that witnesses have cosigned for as long as the charter gives a mirror,
 * while the mirror of an acting member or guarantor has receipted less (catalogue 76). None as long as nobody but the author
 * has seen the head: then the line may just be down.
 */
export function protestDue(line: LineProjection, author: string, nowS: number): readonly DueProtest[] {
  const { charter, receipts } = line
  const mirroring = charter.parties.filter(({ party, role }) => party !== author && role !== 'observer')
  return logsOf(line, author).flatMap(({ origin }) =>
    mirroring.flatMap(({ party: accused }): DueProtest[] => {
      const receipted = receipts.get(`${origin} ${accused} mirror`)?.at(-1)?.size ?? 0
      const seen = charter.parties.flatMap(({ party }) => {
        const first = receipts.get(`${origin} ${party} witness`)?.find(({ size }) => size > receipted)
        return first === undefined ? [] : [first]
      })
      const first = seen.toSorted((a, b) => a.timestampS - b.timestampS || a.size - b.size)[0]
      if (first === undefined) return []
      const dueS = first.timestampS + charter.protestAfterS
      if (nowS < dueS) return []
      const witnesses = seen.map(({ by }) => by)
      return [{ origin, accused, size: first.size, witnesses, availableS: first.timestampS, dueS }]
    }),
  )
}
