import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { t, tell } from '../../i18n.ts'
import { signFirst } from '../../line/countersign.ts'
import { type Officer, officers, type Outcome, say, type Saying } from '../../line/officers.ts'
import { CarryOut } from './carry.tsx'

/** The pane of the line that is in front on a narrow screen, and in the working column of a wide one. */
export type LinePane = 'state' | 'messages' | 'write' | 'flights' | 'watch' | 'declare' | 'second' | 'key'
export const linePane = signal<LinePane>('state')
/** Pane of the working column on a wide screen. */
export type WorkPane = Exclude<LinePane, 'state' | 'messages'>
export const workPane = signal<WorkPane>('write')
/** Number of the message that is open in the page. */
export const openedNumber = signal<string | null>(null)

export function goTo(pane: LinePane): void {
  linePane.value = pane
  if (pane !== 'state' && pane !== 'messages') workPane.value = pane
}

/** Puts the cursor into a field that is about to be drawn. */
export function focusOn(selector: string): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus())
}

/** Figures, addresses, numbers and names from elsewhere: left to right whatever the language around them. */
export function Ltr({ children }: { children: ComponentChildren }) {
  return <bdi dir="ltr">{children}</bdi>
}

export function OutcomeView({ outcome }: { outcome: Outcome | null }) {
  if (outcome === null) return null
  if (outcome.kind === 'said')
    return (
      <p class="outcome-line good" role="status">
        {t('line.said', { index: String(outcome.index) })}
      </p>
    )
  return (
    <div class="outcome-line bad" role="alert">
      <p>{tell(outcome.sentence)}</p>
      {outcome.said.map((each) => (
        <p key={each} class="said">
          <q lang="en" dir="ltr">
            {each}
          </q>
        </p>
      ))}
      {outcome.sentence.key === 'line.key-needed' && <KeyLink />}
    </div>
  )
}

export function KeyLink() {
  return (
    <button type="button" class="link" onClick={() => goTo('key')}>
      {t('line.key-load')}
    </button>
  )
}

interface SayProps {
  readonly label: string
  /** What is said; null when the form is not complete, and `onBlocked` tells. */
  readonly saying: () => Saying | null
  /** How many officers sign. */
  readonly need?: 1 | 2
  readonly primary?: boolean
  readonly disabled?: boolean
  readonly name?: string
  readonly onSaid?: () => void
}

/** Signs in this page and sends, and tells how it came out right below. */
export function SayButton({ label, saying, need = 1, primary = false, disabled = false, name, onSaid }: SayProps) {
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const [halfSigned, setHalfSigned] = useState<string | null>(null)
  const signers: readonly Officer[] = officers.value.slice(0, need)
  const short = signers.length < need
  const run = async (): Promise<void> => {
    if (short) {
      setOutcome({ kind: 'refused', sentence: { key: need === 2 ? 'line.key-two' : 'line.key-needed' }, said: [] })
      return
    }
    const what = saying()
    if (what === null) {
      setOutcome(null)
      return
    }
    setBusy(true)
    try {
      const came = await say(what, signers)
      setOutcome(came)
      setHalfSigned(null)
      if (came.kind === 'said') onSaid?.()
    } finally {
      setBusy(false)
    }
  }
  const half = async (): Promise<void> => {
    const [first] = signers
    const what = saying()
    if (first === undefined || what === null) {
      setOutcome(null)
      return
    }
    setBusy(true)
    try {
      const came = await signFirst(what, first)
      setHalfSigned(typeof came === 'string' ? came : null)
      setOutcome(typeof came === 'string' ? null : came)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div class="say">
      <button
        type="button"
        name={name}
        class={primary ? 'primary' : undefined}
        disabled={disabled || busy}
        aria-busy={busy}
        onClick={() => void run()}
      >
        {busy ? t('line.signing') : label}
        {need === 2 && <small> {t('line.two-officers')}</small>}
      </button>
      {need === 2 && signers.length === 1 && (
        <button type="button" name={`${name ?? 'say'}-half`} disabled={disabled || busy} onClick={() => void half()}>
          {t('second.half')}
        </button>
      )}
      <OutcomeView outcome={outcome} />
      {halfSigned !== null && need === 2 && (
        <>
          <p class="note" role="status">
            {t('second.half-made')}
          </p>
          <CarryOut name="half-out" label={t('second.half-out')} text={halfSigned} file="half-signed.act" />
        </>
      )}
    </div>
  )
}
