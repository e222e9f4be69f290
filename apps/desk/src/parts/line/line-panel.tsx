import { t } from '../../i18n.ts'
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
import { Key } from './key.tsx'
import { focusOn, goTo, linePane, type LinePane, Ltr, workPane, type WorkPane } from './say.tsx'
import { Sides } from './sides.tsx'
import { partyTitle, wordOf } from './text.ts'
import { Watch } from './watch.tsx'

const WORK: readonly WorkPane[] = ['write', 'flights', 'watch', 'declare', 'key']
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
      {state !== null && !streaming.value && <span class="warn">{t('line.stream-lost')}</span>}
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
    case 'key':
      return <Key />
  }
}

function NoTable() {
  return (
    <main class="line-empty">
      <h2>{t('line.title')}</h2>
      <p>{tables.value === null ? t('connection.connecting') : t('line.no-table')}</p>
      {tables.value !== null && (
        <p>
          <code dir="ltr">parley line invite --help</code>
        </p>
      )}
    </main>
  )
}

/** The line between parties: what each says and what is measured, clocks, messages, and everything an officer may sign. */
export function LinePanel() {
  if (table.value === null) return <NoTable />
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
