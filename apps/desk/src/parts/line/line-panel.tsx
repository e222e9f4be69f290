import { t } from '../../i18n.ts'
import { beginning, isJoining } from '../../line/joining-session.ts'
import { chooseTable, messages, peers, self, streaming, table, tables, tableState } from '../../line/line-session.ts'
import { officers } from '../../line/officers.ts'
import { expected } from '../../line/order.ts'
import { startSafety } from '../../line/writing.ts'
import { Boundary } from '../boundary.tsx'
import { SoundOn } from './alarm-bar.tsx'
import { Clocks } from './clocks.tsx'
import { Compose } from './compose.tsx'
import { Declare } from './declare.tsx'
import { Flights } from './flights.tsx'
import { Inbox } from './inbox.tsx'
import { Begin, Joining } from './joining.tsx'
import { Key } from './key.tsx'
import { focusOn, goTo, linePane, type LinePane, Ltr, workPane, type WorkPane } from './say.tsx'
import { Sides } from './sides.tsx'
import { Second } from './second.tsx'
import { partyTitle, wordOf } from './text.ts'
import { Watch } from './watch.tsx'

const WORK: readonly WorkPane[] = ['write', 'flights', 'watch', 'declare', 'second', 'key']
const PANES: readonly LinePane[] = ['state', 'messages', ...WORK]

function TablePicker() {
  const rows = tables.value ?? []
  if (rows.length < 2)
    return (
      <span class="table-name">
        {t('line.table')} <b dir="ltr">{table.value ?? '—'}</b>
      </span>
    )
  return (
    <label class="table-name">
      {t('line.table')}{' '}
      <select
        name="table"
        dir="ltr"
        value={table.value ?? ''}
        onChange={(event) => chooseTable(event.currentTarget.value)}
      >
        {rows.map(({ table: name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Of each member that acts, in a line: its word, then what is measured each way. Never one lamp for both. */
function SideChips() {
  return peers.value
    .filter(({ role }) => role !== 'observer')
    .map(({ party, declared, measured }) => (
      <span key={party} class="side-chip">
        <bdi>{partyTitle(party)}</bdi> · {t('line.declared')}{' '}
        <b class={declared.kind}>{wordOf('line.declared', declared.kind)}</b>
        {measured !== null && (
          <>
            {' '}
            · {t('line.measured-to')} <b class={measured.to.kind}>{wordOf('line.measured', measured.to.kind)}</b> ·{' '}
            {t('line.measured-from')} <b class={measured.from.kind}>{wordOf('line.measured', measured.from.kind)}</b>
          </>
        )}
      </span>
    ))
}

/** Table, our side, whose key signs here, and flight safety one press away. */
function Head() {
  const state = tableState.value
  const [first] = officers.value
  return (
    <div class="line-head">
      <TablePicker />
      {self.value !== null && (
        <span>
          {t('line.we-are')} <b>{partyTitle(self.value)}</b>
        </span>
      )}
      <SideChips />
      {state !== null && state.phase !== 'open' && <span class="warn">{wordOf('line.phase', state.phase)}</span>}
      {state !== null && isJoining.value === false && !streaming.value && (
        <span class="warn">{t('line.stream-lost')}</span>
      )}
      <button
        type="button"
        class="quiet"
        name="new-table-button"
        onClick={() => {
          beginning.value = true
        }}
      >
        {t('join.new')}
      </button>
      <SoundOn />
      <button type="button" class="quiet key-chip" name="key-chip" onClick={() => goTo('key')}>
        {first === undefined ? (
          t('line.key-chip-none')
        ) : (
          <>
            {t('line.key-chip')} <Ltr>{officers.value.map(({ name }) => name).join(', ')}</Ltr>
            {first.simulated && <b class="simulated-mark"> SIMULATED</b>}
          </>
        )}
      </button>
      <button
        type="button"
        class="safety"
        name="safety"
        hidden={isJoining.value === true}
        onClick={() => {
          startSafety('safety.emergency')
          goTo('write')
          focusOn('[name="where-position"]')
        }}
      >
        {t('line.safety')}
      </button>
    </div>
  )
}

function Tabs({ panes, current, className }: { panes: readonly LinePane[]; current: LinePane; className: string }) {
  const waiting = messages.value?.messages.filter((message) => expected(message) === 'take').length ?? 0
  return (
    <nav class={`tabs ${className}`} aria-label={t('line.panes')}>
      {panes.map((pane) => (
        <button
          key={pane}
          type="button"
          data-pane={pane}
          aria-current={current === pane ? 'page' : undefined}
          onClick={() => goTo(pane)}
        >
          {t(`line.pane-${pane}`)}
          {pane === 'messages' && waiting > 0 && <b class="count"> {waiting}</b>}
        </button>
      ))}
    </nav>
  )
}

function Work() {
  switch (workPane.value) {
    case 'write':
      return <Compose />
    case 'flights':
      return <Flights />
    case 'watch':
      return <Watch />
    case 'declare':
      return <Declare />
    case 'second':
      return <Second />
    case 'key':
      return <Key />
  }
}

/** The line between parties: what each says and what is measured, clocks, messages, and everything an officer may sign. */
export function LinePanel() {
  if (tables.value === null)
    return (
      <main class="line-empty">
        <p>{t('connection.connecting')}</p>
      </main>
    )
  if (table.value === null || beginning.value) return <Begin />
  if (isJoining.value === true)
    return (
      <>
        <Head />
        <Joining />
      </>
    )
  return (
    <>
      <Head />
      <Tabs panes={PANES} current={linePane.value} className="line-narrow-tabs" />
      <main class="line" data-pane={linePane.value}>
        <div class="line-column line-state">
          <Boundary>
            <Clocks />
          </Boundary>
          <Boundary>
            <Sides />
          </Boundary>
        </div>
        <div class="line-column line-messages">
          <Boundary>
            <Inbox />
          </Boundary>
        </div>
        <div class="line-column line-work">
          <Tabs panes={WORK} current={workPane.value} className="line-work-tabs" />
          <div class="line-work-body">
            <Boundary key={workPane.value}>
              <Work />
            </Boundary>
          </div>
        </div>
      </main>
    </>
  )
}
