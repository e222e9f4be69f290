import {
  answerMessage,
  closeMessage,
  messageBodyOf,
  openMessage,
  readBackMessage,
  relayMessage,
  takeMessage,
} from '@parley/client'
import {
  type AnswerCode,
  compareReadBack,
  type ContentItem,
  formatItem,
  isLineError,
  type MessageBody,
  printMessage,
  type ReadBackFinding,
  renderTemplate,
} from '@parley/line'
import { useMemo, useState } from 'preact/hooks'
import { distanceText } from '../../format.ts'
import { language, t } from '../../i18n.ts'
import { byNumber, lineNowS, ownParty, self } from '../../line/line-session.ts'
import { around, positionsOf } from '../../line/line-map.ts'
import { expected } from '../../line/order.ts'
import type { Message, Step } from '../../line/types.ts'
import { startReply } from '../../line/writing.ts'
import { PlainChoice, PlainText } from './plain-fields.tsx'
import { goTo, Ltr, openedNumber, SayButton } from './say.tsx'
import { showOnMap } from './show-on-map.ts'
import { at, secondsText, wordOf } from './text.ts'

const RUNGS: readonly Step['step'][] = [
  'queued',
  'transmitted',
  'arrived',
  'opened',
  'taken',
  'read-back',
  'relayed',
  'answered',
  'closed',
]

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

interface Heard {
  readonly letter: string
  readonly text: string
}

function heardIn(step: Step): readonly Heard[] {
  const items = step.detail?.['items']
  if (!Array.isArray(items)) return []
  return (items as readonly { letter?: unknown; text?: unknown }[]).map(({ letter, text }) => ({
    letter: textOf(letter),
    text: textOf(text),
  }))
}

function StepDetail({ step }: { step: Step }) {
  const { detail = {} } = step
  switch (step.step) {
    case 'relayed':
      return (
        <>
          {' '}
          {t('line.relayed-k-of-n', {
            k: textOf(detail['count']),
            n: textOf(detail['of']),
            unit: textOf(detail['unit']),
          })}
        </>
      )
    case 'answered':
      return (
        <>
          {' '}
          <strong>{wordOf('line.answer', textOf(detail['answer']))}</strong>
          {textOf(detail['reason']) !== '' && <bdi class="free"> {textOf(detail['reason'])}</bdi>}
          {textOf(detail['reply']) !== '' && (
            <>
              {' '}
              <Ltr>{textOf(detail['reply'])}</Ltr>
            </>
          )}
        </>
      )
    case 'escalated':
      return <> {wordOf('line.escalate', textOf(detail['to']))}</>
    default:
      return null
  }
}

/** Every rung of the ladder, reached or not: what has not happened is seen as well as what has. */
function Ladder({ message, body }: { message: Message; body: MessageBody | null }) {
  const { ladder } = message
  const escalations = ladder.filter(({ step }) => step === 'escalated')
  return (
    <ol class="ladder">
      {RUNGS.map((rung) => {
        const steps = ladder.filter(({ step }) => step === rung)
        return (
          <li key={rung} class={steps.length > 0 ? 'done' : 'open'}>
            <span class="rung">{wordOf('line.step', rung)}</span>
            {steps.length === 0 ? (
              <span class="rung-facts">—</span>
            ) : (
              steps.map((step, i) => (
                <span key={i} class="rung-facts">
                  <Ltr>{at(step.atS)}</Ltr> <Ltr>{step.by}</Ltr>
                  <StepDetail step={step} />
                  {rung === 'read-back' && body !== null && (
                    <Findings findings={compareReadBack(body, heardIn(step))} content={body.content} />
                  )}
                </span>
              ))
            )}
          </li>
        )
      })}
      {escalations.map((step, i) => (
        <li key={`e${i}`} class="escalated">
          <span class="rung">{wordOf('line.step', 'escalated')}</span>
          <span class="rung-facts">
            <Ltr>{at(step.atS)}</Ltr> <StepDetail step={step} />
          </span>
        </li>
      ))}
    </ol>
  )
}

/** Item by item what was sent, what came back, and whether they are the same. */
export function Findings({
  findings,
  content,
}: {
  findings: readonly ReadBackFinding[]
  content: readonly ContentItem[]
}) {
  return (
    <ul class="findings-list">
      {findings.map((finding) => {
        const item = content.find(({ letter }) => letter === finding.letter)
        return (
          <li key={finding.letter} class={finding.kind === 'match' ? 'match' : 'differs'}>
            <b>{finding.letter}</b> <strong>{wordOf('line.found', finding.kind)}</strong>
            {finding.kind === 'mismatch' ? (
              <>
                <span class="compared">
                  {t('line.sent-was')} <Ltr>{finding.sent}</Ltr>
                </span>
                <span class="compared">
                  {t('line.heard-was')} <Ltr>{finding.heard}</Ltr>
                </span>
                {finding.distanceM !== null && (
                  <span class="compared">
                    {t('line.apart', { distance: distanceText(language.value, finding.distanceM) })}
                  </span>
                )}
              </>
            ) : (
              item !== undefined && (
                <>
                  {' '}
                  <Ltr>{formatItem(item)}</Ltr>
                </>
              )
            )}
          </li>
        )
      })}
    </ul>
  )
}

function Item({ item }: { item: ContentItem }) {
  if (item.type !== 'text')
    return (
      <li>
        <b>{item.letter}</b> <small>{wordOf('line.item', item.type)}</small> <Ltr>{formatItem(item)}</Ltr>
      </li>
    )
  return (
    <li>
      <b>{item.letter}</b> <small>{t('line.original', { lang: item.lang })}</small>
      <blockquote lang={item.lang} dir="auto" class="free">
        {item.text}
      </blockquote>
      {item.translations.map((translation) => (
        <div key={translation.lang} class={`translation ${translation.status}`}>
          <small>
            {t(translation.status === 'machine' ? 'line.translation-machine' : 'line.translation-human', {
              lang: translation.lang,
              by: translation.by,
            })}
          </small>
          <blockquote lang={translation.lang} dir="auto" class="free">
            {translation.text}
          </blockquote>
        </div>
      ))}
    </li>
  )
}

function Take({ message }: { message: Message }) {
  const roles = ownParty.value?.roles.map((role) => `${self.value ?? ''}.${role}`) ?? []
  const [role, setRole] = useState(roles.includes(message.to) ? message.to : (roles[0] ?? ''))
  return (
    <div class="take">
      {roles.length > 1 && (
        <PlainChoice
          label={t('line.take-as')}
          name="take-role"
          value={role}
          options={roles.map((each) => [each, each] as const)}
          onChoose={setRole}
        />
      )}
      <SayButton
        primary
        name="take"
        label={t('line.take', { role })}
        disabled={role === ''}
        saying={() => takeMessage(message.number, role)}
      />
    </div>
  )
}

function ReadBack({ message, body }: { message: Message; body: MessageBody }) {
  const items = body.content.filter(({ type }) => type !== 'text' && type !== 'code')
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const heard = items
    .map(({ letter }) => ({ letter, text: (texts[letter] ?? '').trim() }))
    .filter(({ text }) => text !== '')
  const findings = heard.length === 0 ? [] : compareReadBack(body, heard)
  if (items.length === 0) return <p class="note">{t('line.read-back-nothing')}</p>
  return (
    <div>
      <p class="note">{t('line.read-back-how')}</p>
      {items.map((item) => (
        <PlainText
          key={item.letter}
          name={`heard-${item.letter}`}
          label={`${item.letter} · ${wordOf('line.item', item.type)}`}
          value={texts[item.letter] ?? ''}
          onInput={(text) => setTexts({ ...texts, [item.letter]: text })}
        />
      ))}
      <Findings
        findings={findings.filter((one) => heard.some(({ letter }) => letter === one.letter))}
        content={body.content}
      />
      <SayButton
        primary={expected(message) === 'read-back'}
        name="read-back"
        label={t('line.read-back-send')}
        disabled={heard.length === 0}
        saying={() => readBackMessage(message, heard).input}
      />
    </div>
  )
}

function Relay({ message }: { message: Message }) {
  const [unit, setUnit] = useState('')
  const [count, setCount] = useState('')
  const [of, setOf] = useState('')
  const whole = (text: string): number => (/^\d{1,4}$/.test(text.trim()) ? Number(text) : 0)
  const ready = unit.trim() !== '' && whole(count) > 0 && whole(of) >= whole(count)
  return (
    <div>
      <PlainText name="unit" label={t('line.unit')} value={unit} onInput={setUnit} />
      <div class="pair">
        <PlainText name="count" label={t('line.relay-count')} value={count} onInput={setCount} />
        <PlainText name="of" label={t('line.relay-of')} value={of} onInput={setOf} />
      </div>
      <SayButton
        name="relay"
        label={t('line.relay-send')}
        disabled={!ready}
        saying={() => relayMessage(message.number, { unit: unit.trim(), count: whole(count), of: whole(of) })}
      />
    </div>
  )
}

const ANSWER_CODES: readonly AnswerCode[] = ['concur', 'non-concur', 'unable', 'information']

function Answer({ message }: { message: Message }) {
  const [answer, setAnswer] = useState<AnswerCode | ''>('')
  const [reason, setReason] = useState('')
  const needsReason = answer === 'unable' && reason.trim() === ''
  return (
    <div>
      <PlainChoice
        label={t('line.answer')}
        name="answer"
        value={answer}
        options={ANSWER_CODES.map((each) => [each, wordOf('line.answer', each)] as const)}
        onChoose={(next) => setAnswer(next as AnswerCode | '')}
      />
      <PlainText name="reason" label={t('line.answer-reason')} value={reason} onInput={setReason} direction="auto" />
      {needsReason && <p class="field-problem">{t('line.unable-why')}</p>}
      <div class="buttons">
        <SayButton
          primary={expected(message) === 'answer'}
          name="answer-send"
          label={t('line.answer-send')}
          disabled={answer === '' || needsReason}
          saying={() =>
            answer === ''
              ? null
              : answerMessage(message.number, { answer, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) })
          }
        />
        <button
          type="button"
          onClick={() => {
            startReply(message.number, message.from)
            goTo('write')
          }}
        >
          {t('line.reply-at-length')}
        </button>
      </div>
    </div>
  )
}

export function PrintForm({ text }: { text: string }) {
  return (
    <>
      <pre class="print-form" dir="auto" tabIndex={0}>
        {text}
      </pre>
      <button type="button" onClick={() => window.print()}>
        {t('line.print')}
      </button>
    </>
  )
}

function readBody(message: Message): MessageBody | null {
  try {
    return messageBodyOf(message)
  } catch (error) {
    if (isLineError(error)) return null
    throw error
  }
}

/** One message: what it says in the reader's language, how far it has come, and what may be done about it. */
export function MessageDetail({ message }: { message: Message }) {
  const of = language.value
  const body = useMemo(() => readBody(message), [message])
  const positions = positionsOf(message)
  const wants = expected(message)
  const leftS = message.clock === null || message.clock.stoppedS !== null ? null : message.clock.dueS - lineNowS.value
  const incoming = message.direction === 'in'
  const opened = message.ladder.some(({ step }) => step === 'opened')
  return (
    <article class="message" aria-label={message.number}>
      <button
        type="button"
        class="quiet close"
        aria-label={t('detail.close')}
        onClick={() => {
          openedNumber.value = null
        }}
      >
        ✕
      </button>
      <h4>
        <b class={`precedence ${message.precedence}`}>{message.precedence}</b>{' '}
        <bdi>{wordOf('line.subject', message.subject)}</bdi> <Ltr>{message.number}</Ltr>
      </h4>
      <p class="row-facts">
        <Ltr>{message.from}</Ltr> {t('line.arrow')} <Ltr>{message.to}</Ltr> · <Ltr>{at(message.atS)}</Ltr>
      </p>
      {leftS !== null && message.state !== 'closed' && (
        <p class={leftS < 0 ? 'countdown overdue' : 'countdown'}>
          {leftS < 0
            ? t('line.overdue', { time: secondsText(of, -leftS) })
            : t('line.left', { time: secondsText(of, leftS) })}
        </p>
      )}
      {!message.effective && <p class="warn">{t('line.no-effect')}</p>}
      {message.unknownRefs.length > 0 && (
        <p class="warn">
          {t('line.unknown-refs')} <Ltr>{message.unknownRefs.join(', ')}</Ltr>
        </p>
      )}
      {message.gaps.length > 0 && (
        <p class="warn">
          {t('line.gap-before')} <Ltr>{message.gaps.join(', ')}</Ltr>
        </p>
      )}
      {message.problems.map((problem) => (
        <p key={problem} class="said">
          <q lang="en" dir="ltr">
            {problem}
          </q>
        </p>
      ))}
      {body === null ? (
        <p class="warn">{t('line.unreadable')}</p>
      ) : (
        <>
          {body.template !== null && <p class="sentence">{renderTemplate(body.template, body.content, of)}</p>}
          {positions.length > 0 && (
            <button
              type="button"
              name="show-message-map"
              onClick={() => showOnMap({ kind: 'outlines', outlines: positions.map(({ at: place }) => around(place)) })}
            >
              {t('map.line-show')}
            </button>
          )}
          <ul class="items">
            {body.content.map((item) => (
              <Item key={item.letter} item={item} />
            ))}
          </ul>
          {body.basis !== 'NONE' && (
            <p>
              {t('line.basis')} <bdi>{body.basis}</bdi>
            </p>
          )}
          {body.refs.length > 0 && (
            <p>
              {t('line.refs')}{' '}
              {body.refs.map((ref) => (
                <button
                  key={ref}
                  type="button"
                  class="link"
                  disabled={!byNumber.value.has(ref)}
                  onClick={() => {
                    openedNumber.value = ref
                  }}
                >
                  <Ltr>{ref}</Ltr>
                </button>
              ))}
            </p>
          )}
          {body.remarks !== null && (
            <p>
              {t('line.remarks')} <bdi class="free">{body.remarks}</bdi>
            </p>
          )}
        </>
      )}
      {wants === 'take' && <Take message={message} />}
      {message.direction !== 'other' && (
        <div class="more-acts">
          {incoming && !opened && (
            <SayButton name="opened" label={t('line.mark-opened')} saying={() => openMessage(message.number)} />
          )}
          {incoming && body !== null && (
            <details open={wants === 'read-back'}>
              <summary>{t('line.read-back')}</summary>
              <ReadBack message={message} body={body} />
            </details>
          )}
          {incoming && (
            <>
              <details>
                <summary>{t('line.relay')}</summary>
                <Relay message={message} />
              </details>
              <details open={wants === 'answer'}>
                <summary>{t('line.answer')}</summary>
                <Answer message={message} />
              </details>
            </>
          )}
          {message.direction === 'out' && message.state !== 'closed' && (
            <SayButton name="close" label={t('line.close-message')} saying={() => closeMessage(message.number)} />
          )}
          {body !== null && (
            <details>
              <summary>{t('line.print-form')}</summary>
              <PrintForm text={printMessage(body, of)} />
            </details>
          )}
        </div>
      )}
      <h5>{t('line.ladder')}</h5>
      <Ladder message={message} body={body} />
    </article>
  )
}
