import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { type DraftField } from '../draft.ts'
import { reading, showProblems } from '../form-state.ts'
import { t, tell } from '../i18n.ts'

/** Form fields with their label, their problem beneath, and no value that nobody chose. */

function problemOf(field: DraftField | undefined): string | null {
  const read = reading.value
  if (field === undefined || !showProblems.value || read.kind !== 'problems') return null
  const found = read.problems.find((problem) => problem.field === field)
  return found === undefined ? null : tell(found.sentence)
}

export function FieldProblem({ field, id }: { field: DraftField | undefined; id?: string }) {
  const problem = problemOf(field)
  return problem === null ? null : (
    <p class="field-problem" id={id}>
      {problem}
    </p>
  )
}

interface TextProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly field?: DraftField
  readonly hint?: string
  readonly mode?: 'decimal' | 'text'
  readonly name: string
  readonly onEnter?: () => void
}

export function TextField({ label, value, onInput, field, hint, mode = 'text', name, onEnter }: TextProps) {
  const id = useId()
  const problem = problemOf(field)
  return (
    <div class="field">
      <label for={id}>
        {label} {hint !== undefined && <small>{hint}</small>}
      </label>
      <input
        id={id}
        name={name}
        dir="ltr"
        type="text"
        autocomplete="off"
        spellcheck={false}
        inputMode={mode}
        value={value}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || onEnter === undefined) return
          event.preventDefault()
          onEnter()
        }}
      />
      <FieldProblem field={field} id={`${id}-problem`} />
    </div>
  )
}

interface ChoiceProps<T extends string> {
  readonly label: string
  readonly value: T | ''
  readonly options: readonly (readonly [T, string])[]
  readonly onChoose: (value: T | '') => void
  readonly field?: DraftField
  readonly name: string
}

/** A choice that starts with none made. */
export function Choice<T extends string>({ label, value, options, onChoose, field, name }: ChoiceProps<T>) {
  const id = useId()
  const problem = problemOf(field)
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        value={value}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onChange={(event) => onChoose(event.currentTarget.value as T | '')}
      >
        <option value="">{t('form.choose')}</option>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
      <FieldProblem field={field} id={`${id}-problem`} />
    </div>
  )
}

export function Group({ legend, children }: { legend: string; children: ComponentChildren }) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {children}
    </fieldset>
  )
}
