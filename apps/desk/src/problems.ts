import { signal } from '@preact/signals'
import type { MessageKey, Sentence } from './i18n.ts'

/** What failed and what to do, kept until it is mended or put away. */
export interface Problem {
  /** What failed; a new problem of the same kind replaces the old one. */
  readonly what: MessageKey
  readonly remedy: Sentence
  /** What the node itself said, in its own words. */
  readonly said?: string
  readonly fields?: readonly { readonly field: string; readonly rule: string }[]
  readonly atMs: number
}

export const problems = signal<readonly Problem[]>([])

const MOST = 5

export function report(problem: Omit<Problem, 'atMs'>): void {
  const rest = problems.value.filter((known) => known.what !== problem.what)
  problems.value = [{ ...problem, atMs: Date.now() }, ...rest].slice(0, MOST)
}

/** Takes a problem off the page: it was put away, or what had failed works again. */
export function settle(what: MessageKey): void {
  if (problems.value.some((known) => known.what === what)) {
    problems.value = problems.value.filter((known) => known.what !== what)
  }
}
