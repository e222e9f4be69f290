import { MEMBER_ROLES, type MemberRole } from '@parley/line'
import { isPartyId } from '@parley/record'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { type Sentence, t, tell } from '../../i18n.ts'
import {
  begin,
  beginning,
  charterText,
  compareCode,
  enrolmentDraft,
  type Joining as Ceremony,
  joining,
  openLog,
  reveal,
  rootsHere,
  type Seat,
  signCharter,
  type StepOutcome,
  takeBrought,
} from '../../line/joining-session.ts'
import { tables } from '../../line/line-session.ts'
import { CarryIn, CarryOut } from './carry.tsx'
import { Key } from './key.tsx'
import { PlainChoice, PlainText } from './plain-fields.tsx'
import { Ltr, OutcomeView } from './say.tsx'

const STEPS = ['enrolment', 'commits', 'reveals', 'compare', 'charter', 'open'] as const
type Step = (typeof STEPS)[number]

function StepResult({ outcome }: { outcome: StepOutcome | null }) {
  if (outcome === null) return null
  if (outcome.kind === 'refused') return <OutcomeView outcome={outcome} />
  return (
    <p class="outcome-line good" role="status">
      {tell(outcome.sentence)}
    </p>
  )
}

/** Runs steps one at a time and keeps what came of the last. */
function useStep(): {
  readonly busy: boolean
  readonly outcome: StepOutcome | null
  readonly run: (work: () => Promise<StepOutcome>) => Promise<void>
} {
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<StepOutcome | null>(null)
  const run = async (work: () => Promise<StepOutcome>): Promise<void> => {
    setBusy(true)
    try {
      setOutcome(await work())
    } finally {
      setBusy(false)
    }
  }
  return { busy, outcome, run }
}

function Section({ step, now, children }: { step: Step; now: Step | 'nothing'; children?: ComponentChildren }) {
  const at = now === 'nothing' ? STEPS.length : STEPS.indexOf(now)
  const index = STEPS.indexOf(step)
  const standing = index < at ? 'done' : index === at ? 'now' : 'later'
  return (
    <li class={`join-step ${standing}`} data-step={step} aria-current={standing === 'now' ? 'step' : undefined}>
      <h4>
        {index + 1}. {t(`join.step-${step}`)} <small>{t(`join.${standing}`)}</small>
      </h4>
      {standing === 'now' && children}
    </li>
  )
}

const fourFours = (hex: string): string => hex.match(/.{1,4}/g)?.join(' ') ?? hex

function Peers({ now }: { now: Ceremony }) {
  return (
    <ul class="join-peers">
      {now.peers.map(({ party, commit, revealed, compared }) => (
        <li key={party} data-peer={party}>
          <strong>
            <Ltr>{party}</Ltr>
          </strong>{' '}
          {[
            t(commit === null ? 'join.peer-not-committed' : 'join.peer-committed'),
            ...(revealed ? [t('join.peer-revealed')] : []),
            ...(compared ? [t('join.peer-compared')] : []),
          ].join(' · ')}
        </li>
      ))}
    </ul>
  )
}

const TWENTY = /^(?:\s*\d){20}\s*$/

function Compare({ peer }: { peer: Ceremony['peers'][number] }) {
  const { party, code, fingerprint } = peer
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<Sentence | undefined>(undefined)
  const { busy, outcome, run } = useStep()
  if (code === null) return null
  return (
    <div class="join-compare" data-compare={party}>
      <h5>{t('join.code-with', { party })}</h5>
      <p class="code-aloud" dir="ltr">
        {code.split(' ').map((group, i) => (
          <span key={i}>{group} </span>
        ))}
      </p>
      <p class="note">
        {t('join.fingerprint')} <code dir="ltr">{fourFours(fingerprint ?? '')}</code>
      </p>
      <div
        onPaste={(event) => {
          // A code that is pasted was not heard.
          event.preventDefault()
          setProblem({ key: 'join.heard-typed' })
        }}
      >
        <PlainText
          name={`heard-${party}`}
          label={t('join.heard')}
          value={typed}
          problem={problem}
          onInput={(value) => {
            setProblem(undefined)
            setTyped(value)
          }}
        />
      </div>
      <button
        type="button"
        class="primary"
        name={`compare-${party}`}
        disabled={busy}
        onClick={() => {
          if (!TWENTY.test(typed)) setProblem({ key: 'join.heard-form' })
          else void run(() => compareCode(party, typed))
        }}
      >
        {t('join.compare-do')}
      </button>
      <StepResult outcome={outcome} />
    </div>
  )
}

function Roots() {
  const here = rootsHere.value
  return here.length === 0 ? (
    <p class="warn">{t('join.roots-needed')}</p>
  ) : (
    <p>
      {t('join.roots-here')} <Ltr>{here.map(({ name }) => name).join(', ')}</Ltr>
    </p>
  )
}

function MakeCharter({ now }: { now: Ceremony }) {
  const members = [now.party, ...now.peers.map(({ party }) => party)].sort()
  const [seats, setSeats] = useState<readonly Seat[]>(
    members.map((party): Seat => ({ party, role: 'party', title: party })),
  )
  const [text, setText] = useState<string | null>(null)
  const { busy, outcome, run } = useStep()
  const change = (party: string, part: Partial<Seat>): void => {
    setSeats(seats.map((seat) => (seat.party === party ? { ...seat, ...part } : seat)))
    setText(null)
  }
  return (
    <div>
      <p>{t('join.charter-none')}</p>
      {seats.map(({ party, role, title }) => (
        <div key={party} class="pair">
          <PlainChoice
            name={`role-${party}`}
            label={t('join.member-role', { party })}
            value={role}
            options={MEMBER_ROLES.map((each) => [each, t(`join.role-${each}`)] as const)}
            onChoose={(next) => {
              if (next !== '') change(party, { role: next as MemberRole })
            }}
          />
          <PlainText
            name={`title-${party}`}
            label={t('join.member-title', { party })}
            direction="auto"
            value={title}
            onInput={(next) => change(party, { title: next })}
          />
        </div>
      ))}
      <button type="button" name="charter-make" onClick={() => setText(charterText(now, seats))}>
        {t('join.charter-make')}
      </button>
      {text !== null && (
        <>
          <pre class="print-form" dir="ltr">
            {readable(text)}
          </pre>
          <Roots />
          <button
            type="button"
            class="primary"
            name="charter-sign"
            disabled={busy || rootsHere.value.length === 0}
            onClick={() => void run(() => signCharter(text, rootsHere.value))}
          >
            {t('join.charter-sign')}
          </button>
        </>
      )}
      <StepResult outcome={outcome} />
    </div>
  )
}

/** A charter as a person reads it: its JSON line by line. */
function readable(text: string): string {
  const [header = '', json = ''] = text.split('\n')
  try {
    return `${header}\n${JSON.stringify(JSON.parse(json), null, 2)}`
  } catch {
    return text
  }
}

function SignCharter({ charter }: { charter: NonNullable<Ceremony['charter']> }) {
  const { busy, outcome, run } = useStep()
  return (
    <div>
      <details>
        <summary>
          {t('join.charter-read')} <code dir="ltr">{charter.sha256.slice(0, 16)}…</code>
        </summary>
        <pre class="print-form" dir="ltr">
          {readable(charter.note)}
        </pre>
      </details>
      {charter.missing.length > 0 && (
        <p class="warn">{t('join.charter-missing', { parties: charter.missing.join(', ') })}</p>
      )}
      <Roots />
      <button
        type="button"
        class="primary"
        name="charter-sign"
        disabled={busy || rootsHere.value.length === 0}
        onClick={() => void run(() => signCharter(charter.note, rootsHere.value))}
      >
        {t('join.charter-sign')}
      </button>
      <StepResult outcome={outcome} />
      <CharterOut charter={charter} />
    </div>
  )
}

function CharterOut({ charter }: { charter: NonNullable<Ceremony['charter']> }) {
  return <CarryOut name="charter-out" label={t('join.charter-out')} text={charter.note} file="charter.note" />
}

function Open() {
  const { busy, outcome, run } = useStep()
  return (
    <div>
      <p class="note">{t('join.open-why')}</p>
      <Roots />
      <button
        type="button"
        class="primary"
        name="open-log"
        disabled={busy || rootsHere.value.length < 2}
        onClick={() => void run(() => openLog(rootsHere.value.slice(0, 2)))}
      >
        {t('join.open-do')}
      </button>
      <StepResult outcome={outcome} />
    </div>
  )
}

function Bring() {
  const { outcome, run } = useStep()
  return (
    <>
      <CarryIn
        name="bring"
        label={t('join.bring')}
        action={t('join.take')}
        onText={(text) => void run(() => takeBrought(text))}
      />
      <StepResult outcome={outcome} />
    </>
  )
}

function RevealOut({ now, shown }: { now: Ceremony; shown: NonNullable<typeof reveal.value> }) {
  return (
    <CarryOut
      name="reveal"
      label={t('join.reveal')}
      text={`${JSON.stringify(shown)}\n`}
      file={`${now.table}-${now.party}-enrolment.json`}
    />
  )
}

function Steps({ now }: { now: Ceremony }) {
  const { next, table, party } = now
  const { invitation } = now
  const shown = reveal.value
  return (
    <ol class="join-steps">
      <Section step="enrolment" now={next}>
        <p class="note">{t('join.enrolment-why')}</p>
        <CarryOut name="draft" label={t('join.draft')} text={enrolmentDraft(now)} file={`${table}-${party}.json`} />
        {now.enrolmentMissing.length > 0 && (
          <p class="warn">{t('join.enrolment-missing', { keys: now.enrolmentMissing.join(', ') })}</p>
        )}
      </Section>
      <Section step="commits" now={next}>
        <p class="note">{t('join.commits-why')}</p>
        {invitation !== null && (
          <CarryOut
            name="invitation"
            label={t('join.invitation')}
            text={`${JSON.stringify(invitation)}\n`}
            file={`${table}-${party}-invitation.json`}
          />
        )}
      </Section>
      <Section step="reveals" now={next}>
        <p class="note">{t('join.reveals-why')}</p>
        {shown !== null && <RevealOut now={now} shown={shown} />}
      </Section>
      <Section step="compare" now={next}>
        <p class="note">{t('join.compare-why')}</p>
        {now.peers
          .filter(({ compared }) => !compared)
          .map((peer) => (
            <Compare key={peer.party} peer={peer} />
          ))}
      </Section>
      <Section step="charter" now={next}>
        <p class="note">{t('join.charter-why')}</p>
        {now.charter === null ? <MakeCharter now={now} /> : <SignCharter charter={now.charter} />}
      </Section>
      <Section step="open" now={next}>
        <Open />
        {now.charter !== null && <CharterOut charter={now.charter} />}
      </Section>
      {shown !== null && next !== 'reveals' && (
        <li class="join-step kept">
          <RevealOut now={now} shown={shown} />
        </li>
      )}
    </ol>
  )
}

/** A table between its first key and its first entry: what is done, what is next, and everything that goes from hand to hand. */
export function Joining() {
  const now = joining.value
  return (
    <main class="line joining">
      <div class="line-column">
        <h2>
          {t('join.title')} {now !== null && <Ltr>{now.table}</Ltr>}
        </h2>
        {now === null ? <p class="empty">{t('connection.connecting')}</p> : <Steps now={now} />}
      </div>
      <div class="line-column">
        {now !== null && (
          <>
            <Peers now={now} />
            <Bring />
          </>
        )}
      </div>
      <div class="line-column">
        <Key />
      </div>
    </main>
  )
}

/** Begins a table on this node. */
export function Begin() {
  const row = tables.value?.[0]
  const [name, setName] = useState('')
  const [party, setParty] = useState(row?.party ?? '')
  const [others, setOthers] = useState('')
  const [tried, setTried] = useState(false)
  const { busy, outcome, run } = useStep()
  const list = others.split(/[\s,]+/).filter((each) => each !== '')
  const wrong = (good: boolean): Sentence | undefined => (tried && !good ? { key: 'join.name-form' } : undefined)
  const good = isPartyId(name) && isPartyId(party) && list.length > 0 && list.every(isPartyId)
  return (
    <main class="line-empty">
      <h2>{t('join.begin')}</h2>
      <p>{t('join.begin-why')}</p>
      <PlainText
        name="new-table"
        label={t('join.table-name')}
        value={name}
        problem={wrong(isPartyId(name))}
        onInput={setName}
      />
      <PlainText
        name="new-party"
        label={t('join.our-party')}
        value={party}
        problem={wrong(isPartyId(party))}
        onInput={setParty}
      />
      <PlainText
        name="new-others"
        label={t('join.others')}
        value={others}
        problem={wrong(list.length > 0 && list.every(isPartyId))}
        onInput={setOthers}
      />
      <div class="buttons">
        <button
          type="button"
          class="primary"
          name="begin"
          disabled={busy}
          onClick={() => {
            setTried(true)
            if (good) void run(() => begin({ table: name, party, others: list }))
          }}
        >
          {t('join.begin-do')}
        </button>
        {(tables.value?.length ?? 0) > 0 && (
          <button
            type="button"
            name="begin-cancel"
            onClick={() => {
              beginning.value = false
            }}
          >
            {t('join.cancel')}
          </button>
        )}
      </div>
      <StepResult outcome={outcome} />
    </main>
  )
}
