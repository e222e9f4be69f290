import { useState } from 'preact/hooks'
import { language, type Sentence, t, tell } from '../../i18n.ts'
import { before, type HalfSigned, readHalf, signSecond } from '../../line/countersign.ts'
import { lineNowS } from '../../line/line-session.ts'
import { officers, type Outcome } from '../../line/officers.ts'
import { CarryIn } from './carry.tsx'
import { KeyLink, Ltr, OutcomeView } from './say.tsx'
import { agoText, at, wordOf } from './text.ts'

/** Beyond this between its time and its receipt the line marks an act. */
const LATE_S = 300

function HalfView({ half, onOutcome }: { half: HalfSigned; onOutcome: (outcome: Outcome) => void }) {
  const [busy, setBusy] = useState(false)
  const { act, signers } = half
  const ageS = lineNowS.value - act.at
  const second = officers.value.find(({ name }) => !signers.includes(name))
  const send = async (): Promise<void> => {
    if (second === undefined) return
    setBusy(true)
    try {
      onOutcome(await signSecond(half, second))
    } finally {
      setBusy(false)
    }
  }
  return (
    <div class="half">
      <dl>
        <dt>{t('second.kind')}</dt>
        <dd>
          <strong>{wordOf('second.kind', act.kind)}</strong> <code dir="ltr">{act.kind}</code>
        </dd>
        <dt>{t('second.at')}</dt>
        <dd>
          <Ltr>{at(act.at)}</Ltr> ({agoText(language.value, Math.max(0, ageS))})
        </dd>
        {act.ref !== undefined && (
          <>
            <dt>{t('second.ref')}</dt>
            <dd>
              <code dir="ltr">{`${act.ref.o} #${act.ref.i}`}</code>
            </dd>
          </>
        )}
        <dt>{t('second.signed-by')}</dt>
        <dd>
          <Ltr>{signers.join(', ')}</Ltr>
        </dd>
      </dl>
      <h5>{t('second.says')}</h5>
      <pre class="print-form" dir="ltr">
        {JSON.stringify(act.body, null, 2)}
      </pre>
      {ageS > LATE_S && <p class="warn">{t('second.old', { age: agoText(language.value, ageS) })}</p>}
      {officers.value.length === 0 ? (
        <p class="warn">
          {t('line.key-needed')} <KeyLink />
        </p>
      ) : (
        second === undefined && <p class="warn">{t('second.same')}</p>
      )}
      <div class="buttons">
        <button
          type="button"
          class="primary"
          name="second-send"
          disabled={busy || second === undefined}
          onClick={() => void send()}
        >
          {busy ? t('line.signing') : t('second.send')} {second !== undefined && <small dir="ltr">{second.name}</small>}
        </button>
        <button
          type="button"
          name="second-away"
          onClick={() => {
            before.value = null
          }}
        >
          {t('second.put-away')}
        </button>
      </div>
    </div>
  )
}

/** The second of two officers: reads what the first has signed, signs beside it and sends it. */
export function Second() {
  const [problem, setProblem] = useState<Sentence | null>(null)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const half = before.value
  return (
    <section aria-labelledby="line-second">
      <h3 id="line-second">{t('second.title')}</h3>
      <p class="note">{t('second.why')}</p>
      {half === null ? (
        <CarryIn
          name="half"
          label={t('second.bring')}
          action={t('second.read')}
          onText={(text) => {
            setOutcome(null)
            setProblem(readHalf(text))
          }}
        />
      ) : (
        <HalfView half={half} onOutcome={setOutcome} />
      )}
      {problem !== null && (
        <p class="field-problem" role="alert">
          {tell(problem)}
        </p>
      )}
      <OutcomeView outcome={outcome} />
    </section>
  )
}
