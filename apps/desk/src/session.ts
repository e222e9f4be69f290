import {
  type Answer,
  createDssClient,
  issuerTokenSource,
  StreamRefusedError,
  type TokenSource,
  tokenExpiresMs,
} from '@parley/client'
import { computed, signal } from '@preact/signals'
import type { MessageKey, Sentence } from './i18n.ts'
import { type Item, itemsOf } from './items.ts'
import { looksOf } from './palette.ts'
import { report, settle } from './problems.ts'
import { readScenario, type ScenarioView } from './scenario.ts'
import type { Decision, Picture, Status } from './wire.ts'

/** What the page knows of its node, kept up to date: state, picture, decisions, scenario. */

/** The manager a newcomer files as; with a pasted token the token's own subject decides. */
const NEWCOMER = 'newcomer'
const STATUS_EVERY_MS = 5_000
/** Without a word from the node for so long, what is shown counts as stale. */
const STALE_AFTER_MS = 15_000
const PICTURE_DELAY_MS = 250
const FIRST_DECISIONS = 500
const DEADLINE_MS = 10_000

export const status = signal<Status | null>(null)
export const picture = signal<Picture | null>(null)
export const pictureAtMs = signal<number | null>(null)
export const decisions = signal<readonly Decision[]>([])
/** The lowest sequence number asked for so far; 0 when there is nothing older. */
export const decisionsFrom = signal(0)
export const scenario = signal<ScenarioView | null>(null)
/** When the node was last heard, by the page's own clock. */
export const heardAtMs = signal<number | null>(null)
/** Node's clock less the page's. */
const clockOffsetMs = signal(0)
/** The page's clock, ticking once a second. */
export const tickMs = signal(Date.now())
const pastedToken = signal<string | null>(null)

export const serverNowMs = computed(() => tickMs.value + clockOffsetMs.value)
export const isStale = computed(() => heardAtMs.value !== null && tickMs.value - heardAtMs.value > STALE_AFTER_MS)
export const needsToken = computed(() => status.value !== null && !status.value.issuer && pastedToken.value === null)
export const items = computed<readonly Item[]>(() => (picture.value === null ? [] : itemsOf(picture.value)))
export const itemById = computed(() => new Map(items.value.map((item) => [item.id, item])))
export const looks = computed(() =>
  looksOf([
    ...items.value.map((item) => item.manager),
    ...decisions.value.map((decision) => decision.manager),
    me.value,
  ]),
)
export const isSimulated = computed(
  () => status.value?.simulated === true || decisions.value.some((decision) => decision.simulated),
)

/** Whom this page files as. */
export const me = computed(() => {
  const token = pastedToken.value
  return token === null ? NEWCOMER : (subjectOf(token) ?? NEWCOMER)
})

function subjectOf(token: string): string | null {
  try {
    const claims = JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as unknown
    const sub = (claims as { sub?: unknown } | null)?.sub
    return typeof sub === 'string' ? sub : null
  } catch {
    return null
  }
}

const issuer = issuerTokenSource({
  issuerUrl: new URL('token', document.baseURI).href,
  audience: location.hostname,
  sub: NEWCOMER,
})

/** A pasted token serves every scope it may hold; the node says when one is missing. */
const token: TokenSource = (scopes, request) => {
  const pasted = pastedToken.value
  return pasted === null ? issuer(scopes, request) : Promise.resolve(pasted)
}

/** A token that lets its bearer read the log; `fresh` when the last one was not accepted. */
export function memberToken(fresh: boolean): Promise<string> {
  return token(['utm.strategic_coordination'], { fresh })
}

export const pool = createDssClient({ baseUrl: new URL('.', document.baseURI).href, token })

/** Takes a token somebody pasted; false when it is no JWT or is over already. */
export function usePastedToken(text: string): boolean {
  const bare = text.trim().replace(/^Bearer\s+/i, '')
  const expiresMs = tokenExpiresMs(bare)
  if (bare.split('.').length !== 3 || (expiresMs !== null && expiresMs < Date.now())) return false
  pastedToken.value = bare
  return true
}

/** What to do about an answer that is none: a sentence, what the node said, and the fields it named. */
export function remedyOf(answer: Exclude<Answer<unknown>, { kind: 'accepted' }>): {
  remedy: Sentence
  said?: string
  fields?: { field: string; rule: string }[]
} {
  if (answer.kind === 'failed') {
    switch (answer.reason) {
      case 'unreachable':
      case 'stopped':
        return { remedy: { key: 'remedy.network' } }
      case 'deadline':
        return { remedy: { key: 'remedy.timeout', args: { seconds: DEADLINE_MS / 1000 } } }
      case 'server':
        return { remedy: { key: 'remedy.5xx', args: { errorId: errorIdIn(answer.message) } }, said: answer.message }
      case 'unreadable':
        return { remedy: { key: 'remedy.shape' }, said: answer.message }
      case 'token':
        return { remedy: { key: 'remedy.401' }, said: answer.message }
    }
  }
  const known: Partial<Record<number, MessageKey>> = {
    400: 'remedy.400',
    401: 'remedy.401',
    403: 'remedy.403',
    404: 'remedy.404',
    409: 'remedy.409',
    413: 'remedy.413',
    429: 'remedy.429',
  }
  const key = known[answer.status]
  const details = (answer.error.details ?? []) as readonly { field?: unknown; rule?: unknown }[]
  return {
    remedy: key === undefined ? { key: 'remedy.other', args: { status: String(answer.status) } } : { key },
    said: answer.error.message,
    fields: details.map(({ field, rule }) => ({ field: textOf(field), rule: textOf(rule) })),
  }
}

/** An answer of a server that is not Parley may carry anything here. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function errorIdIn(message: string): string {
  return /[0-9a-f]{8}-[0-9a-f-]{27}/i.exec(message)?.[0] ?? '—'
}

/** Reports an answer that is none; returns the value of one that is. */
function valueOrReport<T>(what: MessageKey, answer: Answer<T>): T | null {
  if (answer.kind === 'accepted') {
    settle(what)
    return answer.value
  }
  report({ what, ...remedyOf(answer) })
  return null
}

function heard(): void {
  heardAtMs.value = Date.now()
}

async function readStatus(): Promise<boolean> {
  const sentMs = Date.now()
  const answer = await pool.status({ deadlineMs: DEADLINE_MS, retry: { attempts: 1, firstDelayMs: 0, maxDelayMs: 0 } })
  const value = valueOrReport('problem.status', answer)
  if (value === null) return false
  heard()
  clockOffsetMs.value = value.nowMs - (sentMs + Date.now()) / 2
  status.value = value
  return true
}

let pictureUnderWay: Promise<void> | null = null
let pictureWanted = false

/** Reads the picture; while one reading is under way, one more is done after it, however often it is asked for. */
export function readPicture(): Promise<void> {
  if (pictureUnderWay !== null) {
    pictureWanted = true
    return pictureUnderWay
  }
  pictureUnderWay = (async () => {
    do {
      pictureWanted = false
      const value = valueOrReport('problem.picture', await pool.picture({ deadlineMs: DEADLINE_MS }))
      if (value !== null) {
        heard()
        picture.value = value
        pictureAtMs.value = Date.now()
      }
    } while (pictureWanted)
  })().finally(() => {
    pictureUnderWay = null
  })
  return pictureUnderWay
}

async function readScenarioDocument(): Promise<void> {
  const answer = await pool.scenario({ deadlineMs: DEADLINE_MS })
  if (answer.kind === 'refused' && answer.status === 404) {
    scenario.value = null
    return
  }
  const value = valueOrReport('problem.scenario', answer)
  if (value !== null) scenario.value = readScenario(value)
}

function takeDecisions(more: readonly Decision[]): void {
  if (more.length === 0) return
  const bySeq = new Map(decisions.value.map((decision) => [decision.seq, decision]))
  for (const decision of more) bySeq.set(decision.seq, decision)
  decisions.value = [...bySeq.values()].sort((a, b) => b.seq - a.seq)
}

async function readDecisions(after: number, upTo: number): Promise<boolean> {
  for (let from = after; ; ) {
    const answer = await pool.decisions({ after: from, limit: FIRST_DECISIONS }, { deadlineMs: DEADLINE_MS })
    const page = valueOrReport('problem.decisions', answer)
    if (page === null) return false
    heard()
    takeDecisions(page.decisions)
    const last = page.decisions.at(-1)?.seq
    if (last === undefined || last >= upTo || last <= from) return true
    from = last
  }
}

/** Loads the stretch of the journal before the oldest decision asked for so far. */
export async function readOlderDecisions(): Promise<void> {
  const upTo = decisionsFrom.value
  const after = Math.max(0, upTo - FIRST_DECISIONS)
  if (await readDecisions(after, upTo)) decisionsFrom.value = after
}

let following = new AbortController()
/** Decisions above this number arrived while the page was open. */
export const liveFrom = signal<number | null>(null)

let pictureTimer: ReturnType<typeof setTimeout> | undefined

function pictureSoon(): void {
  pictureTimer ??= setTimeout(() => {
    pictureTimer = undefined
    void readPicture()
  }, PICTURE_DELAY_MS)
}

async function follow(after: number, signal: AbortSignal): Promise<void> {
  const events = pool.events({
    after,
    signal,
    onState: (state) => {
      if (state.kind === 'open') {
        heard()
        settle('problem.events')
      } else {
        report({ what: 'problem.events', remedy: { key: 'remedy.network' } })
      }
    },
  })
  for await (const decision of events) {
    heard()
    takeDecisions([decision])
    if (decision.outcome === 'accepted') pictureSoon()
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}

/**
 * Forgets everything read from the journal and starts over. Needed when the node now serves a shorter journal than the
 * one shown: it was started with other data, and nothing of the old picture is true any more.
 */
function startOver(): void {
  picture.value = null
  decisions.value = []
  decisionsFrom.value = 0
  liveFrom.value = null
  following.abort()
}

async function live(): Promise<void> {
  for (;;) {
    while (status.value === null || needsToken.value) await pause(250)
    await Promise.all([readScenarioDocument(), readPicture()])
    const head = picture.value?.head
    if (head === undefined) {
      await pause(2_000)
      continue
    }
    const after = Math.max(0, head - FIRST_DECISIONS)
    decisionsFrom.value = after
    if (!(await readDecisions(after, head))) {
      await pause(2_000)
      continue
    }
    const newest = Math.max(head, decisions.value[0]?.seq ?? 0)
    following = new AbortController()
    liveFrom.value = newest
    try {
      await follow(newest, following.signal)
    } catch (error) {
      const refused = error instanceof StreamRefusedError
      report({
        what: 'problem.events',
        remedy: { key: refused ? 'remedy.403' : 'remedy.network' },
        said: error instanceof Error ? error.message : String(error),
      })
      await pause(2_000)
    }
  }
}

async function poll(): Promise<void> {
  for (;;) {
    const scenarioBefore = status.value?.scenario?.name
    const newestBefore = decisions.value[0]?.seq ?? 0
    const read = await readStatus()
    const now = status.value
    if (read && now !== null && now.head < newestBefore) startOver()
    // A node that was started anew may play another scenario, and its picture may have moved without an event.
    if (now !== null && scenarioBefore !== undefined && now.scenario?.name !== scenarioBefore)
      void readScenarioDocument()
    if (now !== null && picture.value !== null && now.head > picture.value.head && !needsToken.value) pictureSoon()
    await pause(STATUS_EVERY_MS)
  }
}

/** Starts reading and never stops; every failure is reported and tried again. */
export function startSession(): void {
  setInterval(() => {
    tickMs.value = Date.now()
  }, 1000)
  void poll()
  void live()
}
