import { useId } from 'preact/hooks'
import { type Sentence, t, tell } from '../../i18n.ts'

/** Fields that carry their own problem, for forms beside that of a plan. */

interface PlainTextProps {
  readonly label: string
  readonly name: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly problem?: Sentence | undefined
  readonly hint?: string
  /** Free text goes as its first letters say; everything else from left to right. */
  readonly direction?: 'ltr' | 'auto'
  readonly rows?: number
}

export function PlainText(props: PlainTextProps) {
  const { label, name, value, onInput, problem, hint, direction = 'ltr', rows } = props
  const id = useId()
  const common = {
    id,
    name,
    dir: direction,
    autocomplete: 'off',
    spellcheck: false,
    value,
    'aria-invalid': problem !== undefined,
    'aria-describedby': problem === undefined ? undefined : `${id}-problem`,
  } as const
  return (
    <div class="field">
      <label for={id}>
        {label} {hint !== undefined && <small>{hint}</small>}
      </label>
      {rows === undefined ? (
        <input type="text" {...common} onInput={(event) => onInput(event.currentTarget.value)} />
      ) : (
        <textarea rows={rows} {...common} onInput={(event) => onInput(event.currentTarget.value)} />
      )}
      {problem !== undefined && (
        <p class="field-problem" id={`${id}-problem`}>
          {tell(problem)}
        </p>
      )}
    </div>
  )
}

interface PlainChoiceProps {
  readonly label: string
  readonly name: string
  readonly value: string
  readonly options: readonly (readonly [string, string])[]
  readonly onChoose: (value: string) => void
  readonly problem?: Sentence | undefined
}

/** A choice that starts with none made. */
export function PlainChoice({ label, name, value, options, onChoose, problem }: PlainChoiceProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        value={value}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        <option value="">{t('form.choose')}</option>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
      {problem !== undefined && (
        <p class="field-problem" id={`${id}-problem`}>
          {tell(problem)}
        </p>
      )}
    </div>
  )
}
