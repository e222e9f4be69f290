import { useState } from 'preact/hooks'
import { type Sentence, t, tell } from '../../i18n.ts'
import {
  dropKeys,
  isCustodian,
  keysHere,
  mayBeSimulated,
  officers,
  strangers,
  takeKey,
  takeSimulated,
} from '../../line/officers.ts'
import { PlainText } from './plain-fields.tsx'
import { Ltr } from './say.tsx'

/** The officers' keys of this page: in its memory, and nowhere else. */
export function Key() {
  const [pasted, setPasted] = useState('')
  const [problem, setProblem] = useState<Sentence | null>(null)
  const ours = [...officers.value, ...keysHere.value.filter(isCustodian)]
  const take = (text: string): void => {
    const wrong = takeKey(text)
    setProblem(wrong)
    if (wrong === null) setPasted('')
  }
  return (
    <section aria-labelledby="line-key">
      <h3 id="line-key">{t('line.key')}</h3>
      <p class="note">{t('line.key-why')}</p>
      {ours.length === 0 ? (
        <p class="warn">{t('line.key-none')}</p>
      ) : (
        <ul class="keys">
          {ours.map(({ name, simulated }) => (
            <li key={name}>
              <Ltr>{name}</Ltr> {simulated && <strong class="simulated-mark">SIMULATED</strong>}
            </li>
          ))}
        </ul>
      )}
      {strangers.value.length > 0 && (
        <p class="warn">
          {t('line.key-stranger')} <Ltr>{strangers.value.map(({ name }) => name).join(', ')}</Ltr>
        </p>
      )}
      {mayBeSimulated.value && officers.value.length === 0 && (
        <p>
          <button type="button" class="primary" name="simulated" onClick={() => void takeSimulated().then(setProblem)}>
            {t('line.key-simulated')} <span lang="en">SIMULATED</span>
          </button>
        </p>
      )}
      <div class="field">
        <label for="line-key-file">{t('line.key-file')}</label>
        <input
          id="line-key-file"
          type="file"
          multiple
          onChange={(event) => {
            const input = event.currentTarget
            void Promise.all([...(input.files ?? [])].map((file) => file.text())).then((texts) => {
              // The picker must not go on holding the file.
              input.value = ''
              if (texts.length > 0) take(texts.join('\n'))
            })
          }}
        />
      </div>
      <PlainText
        name="key-text"
        label={t('line.key-paste')}
        hint="PRIVATE+KEY+…"
        rows={2}
        value={pasted}
        onInput={setPasted}
      />
      <div class="buttons">
        <button type="button" name="key-use" disabled={pasted.trim() === ''} onClick={() => take(pasted)}>
          {t('line.key-use')}
        </button>
        {keysHere.value.length > 0 && (
          <button type="button" name="key-drop" onClick={dropKeys}>
            {t('line.key-drop')}
          </button>
        )}
      </div>
      {problem !== null && (
        <p class="field-problem" role="alert">
          {tell(problem)}
        </p>
      )}
    </section>
  )
}
