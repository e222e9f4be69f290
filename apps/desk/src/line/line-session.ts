import { createLineClient, LineRefusedError, LineUnreachableError } from '@parley/client'
import { computed, effect, signal } from '@preact/signals'
import { report, settle } from '../problems.ts'
import { status, tickMs } from '../session.ts'
import type { ActDraft, Flights, Message, Messages, TableRow, TableState } from './types.ts'

/** What the page knows of its node's lines, kept up to date by the node's stream of events. */

const STATE_EVERY_MS = 10_000
const TABLES_EVERY_MS = 30_000
const SOON_MS = 300
const PAGE = 500

export const line = createLineClient({ baseUrl: new URL('.', document.baseURI).href })

export const tables = signal<readonly TableRow[] | null>(null)
const chosenTable = signal<string | null>(null)
export const tableState = signal<TableState | null>(null)
export const messages = signal<Messages | null>(null)
export const flights = signal<Flights | null>(null)
/** The newest draft read: numbers and heads for what is being written; signing reads a fresh one. */
export const lastDraft = signal<ActDraft | null>(null)
/** When the node last told the state of the table, by the page's clock. */
export const toldAtMs = signal<number | null>(null)
/** Whether the stream of events is open. */
export const streaming = signal(false)

/** The node keeps lines at all. */
export const hasLine = computed(() => status.value?.line !== undefined)
export const table = computed(() => chosenTable.value ?? tables.value?.[0]?.table ?? null)
/** The node's time of the table, going on between its reports. */
export const lineNowS = computed(() => {
  const state = tableState.value
  const told = toldAtMs.value
  return state === null || told === null
    ? Math.floor(tickMs.value / 1000)
    : state.nowS + Math.floor(Math.max(0, tickMs.value - told) / 1000)
})
/** Seconds since the node told the state; ages shown grow by this. */
export const toldAgoS = computed(() =>
  toldAtMs.value === null ? 0 : Math.max(0, Math.floor((tickMs.value - toldAtMs.value) / 1000)),
)
export const isOld = computed(() => toldAtMs.value !== null && toldAgoS.value > 30)

/** The ceremony of the table is done: there is something to read. */
const isRunning = computed(() => {
  const phase = tableState.value?.phase
  return phase === 'open' || phase === 'halted'
})

export const self = computed(() => tableState.value?.party ?? null)
export const ownParty = computed(() => tableState.value?.parties.find(({ own }) => own) ?? null)
export const peers = computed(() => tableState.value?.parties.filter(({ own }) => !own) ?? [])

export const byNumber = computed(
  () => new Map<string, Message>(messages.value?.messages.map((message) => [message.number, message]) ?? []),
)

export function chooseTable(next: string): void {
  chosenTable.value = next
}

/** Reports why the line could not be read; the next attempt settles it. */
function tellFailure(error: unknown): void {
  const said = error instanceof Error ? error.message : String(error)
  const remedy =
    error instanceof LineRefusedError && (error.status === 401 || error.status === 403)
      ? ({ key: 'line.remedy-local' } as const)
      : ({ key: 'remedy.network' } as const)
  report({ what: 'line.problem', remedy, said })
}

export async function readTables(): Promise<void> {
  try {
    tables.value = (await line.list()).tables
    settle('line.problem')
  } catch (error) {
    tellFailure(error)
  }
}

function takeState(state: TableState): void {
  if (state.table !== table.peek()) return
  tableState.value = state
  toldAtMs.value = Date.now()
}

/** Every message there is, page by page. */
async function readMessages(of: string): Promise<Messages> {
  const first = await line.messages(of, { limit: PAGE })
  const all = [...first.messages]
  let page = first
  while (all.length < first.total && page.messages.length > 0) {
    page = await line.messages(of, { limit: PAGE, after: all.length })
    all.push(...page.messages)
  }
  return { ...first, messages: all }
}

const wanted = new Set<'state' | 'messages' | 'flights'>()
let timer: ReturnType<typeof setTimeout> | undefined
let reading = false

/** Reads these parts of the table in a moment; what is asked for meanwhile is read once. */
export function readSoon(...parts: readonly ('state' | 'messages' | 'flights')[]): void {
  for (const part of parts) wanted.add(part)
  // Browsers hold up the timers of a page that is not seen; what waits for an officer must be heard all the same.
  if (document.hidden && !reading) void readWanted()
  else timer ??= setTimeout(() => void readWanted(), SOON_MS)
}

async function readWanted(): Promise<void> {
  if (reading) {
    timer = setTimeout(() => void readWanted(), SOON_MS)
    return
  }
  timer = undefined
  const of = table.peek()
  const parts = [...wanted]
  wanted.clear()
  if (of === null) return
  reading = true
  try {
    await Promise.all(
      parts.map(async (part) => {
        if (part === 'state') {
          takeState(await line.state(of))
          return
        }
        if (part === 'messages') {
          const read = await readMessages(of)
          if (of === table.peek()) messages.value = read
          return
        }
        const read = await line.flights(of)
        if (of === table.peek()) flights.value = read as unknown as Flights
      }),
    )
    settle('line.problem')
  } catch (error) {
    tellFailure(error)
  } finally {
    reading = false
  }
}

/** A draft for what is signed now. @throws what the client throws */
export async function freshDraft(): Promise<ActDraft> {
  const of = table.peek()
  if (of === null) throw new LineUnreachableError('line-unreachable', 'no table', { url: line.baseUrl })
  const draft = await line.draft(of)
  lastDraft.value = draft
  return draft
}

/** A draft for what is being written; quiet when there is none, for signing asks again. */
export async function draftForWriting(): Promise<void> {
  try {
    await freshDraft()
  } catch {
    // What was read before stays: numbers are read again before anything is signed.
  }
}

async function follow(of: string, signal: AbortSignal): Promise<void> {
  const events = line.events(of, {
    signal,
    kinds: ['state', 'message', 'flight'],
    onState: ({ kind }) => {
      streaming.value = kind === 'open'
      if (kind === 'open') readSoon('state', 'messages', 'flights')
    },
  })
  for await (const event of events) {
    if (event.kind === 'state') takeState(event.data)
    else readSoon('state', event.kind === 'message' ? 'messages' : 'flights')
  }
}

/** Starts reading once the node says that it keeps lines, and never stops. */
export function startLine(): void {
  let started = false
  effect(() => {
    if (!hasLine.value || started) return
    started = true
    void readTables()
    setInterval(() => void readTables(), TABLES_EVERY_MS)
    setInterval(() => {
      if (table.value !== null) readSoon('state')
    }, STATE_EVERY_MS)
  })
  let following = new AbortController()
  effect(() => {
    const of = table.value
    following.abort()
    tableState.value = null
    messages.value = null
    flights.value = null
    lastDraft.value = null
    toldAtMs.value = null
    if (of !== null) readSoon('state')
  })
  effect(() => {
    const of = table.value
    following.abort()
    if (of === null || !isRunning.value) return
    following = new AbortController()
    readSoon('messages', 'flights')
    void follow(of, following.signal).catch(tellFailure)
    void draftForWriting()
  })
}
