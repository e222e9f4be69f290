import { t } from './i18n.ts'
import { hasLine } from './line/line-session.ts'
import { Boundary } from './parts/boundary.tsx'
import { CheckForm } from './parts/check-form.tsx'
import { DecisionList } from './parts/decision-list.tsx'
import { Detail } from './parts/detail.tsx'
import { AlarmBar } from './parts/line/alarm-bar.tsx'
import { LinePanel } from './parts/line/line-panel.tsx'
import { MapView } from './parts/map-view.tsx'
import { Problems } from './parts/problems.tsx'
import { RecordPanel } from './parts/record-panel.tsx'
import { SkyList } from './parts/sky-list.tsx'
import { PagePatterns } from './parts/swatch.tsx'
import { TimeSlider } from './parts/time-slider.tsx'
import { TopBar } from './parts/top-bar.tsx'
import { type SideView, sideView, sideViews, type View, view, views, workspace, workspaces } from './view-state.ts'

/** On a narrow screen one view at a time; the wide layout shows all and keeps only the side column's two tabs. */
function NarrowTabs() {
  return (
    <nav class="tabs narrow-tabs" aria-label={t('app.views')}>
      {views.map((each: View) => (
        <button
          key={each}
          type="button"
          aria-current={view.value === each ? 'page' : undefined}
          onClick={() => {
            view.value = each
            if (isSideView(each)) sideView.value = each
          }}
        >
          {t(each === 'check' ? 'view.check-short' : `view.${each}`)}
        </button>
      ))}
    </nav>
  )
}

function SideTabs() {
  return (
    <nav class="tabs side-tabs" aria-label={t('app.views')}>
      {sideViews.map((each) => (
        <button
          key={each}
          type="button"
          aria-current={sideView.value === each ? 'page' : undefined}
          onClick={() => {
            sideView.value = each
          }}
        >
          {t(`view.${each}`)}
        </button>
      ))}
    </nav>
  )
}

const isSideView = (each: View): each is SideView => (sideViews as readonly View[]).includes(each)

function SidePart() {
  switch (sideView.value) {
    case 'detail':
      return <Detail />
    case 'check':
      return <CheckForm />
    case 'record':
      return <RecordPanel />
  }
}

/** The sky of the pool, or the line between the parties. */
function Workspaces() {
  return (
    <nav class="tabs workspaces" aria-label={t('app.workspaces')}>
      {workspaces.map((each) => (
        <button
          key={each}
          type="button"
          data-workspace={each}
          aria-current={workspace.value === each ? 'page' : undefined}
          onClick={() => {
            workspace.value = each
          }}
        >
          {t(`workspace.${each}`)}
        </button>
      ))}
    </nav>
  )
}

export function App() {
  if (hasLine.value && workspace.value === 'line')
    return (
      <>
        <Boundary>
          <TopBar />
        </Boundary>
        <Workspaces />
        <Boundary>
          <AlarmBar />
        </Boundary>
        <Problems />
        <Boundary>
          <LinePanel />
        </Boundary>
      </>
    )
  return (
    <>
      <PagePatterns />
      <div class="skips">
        <a href="#lists">{t('app.skip-to-lists')}</a>
        <a
          href="#check"
          onClick={() => {
            sideView.value = 'check'
          }}
        >
          {t('app.skip-to-form')}
        </a>
      </div>
      <Boundary>
        <TopBar />
      </Boundary>
      {hasLine.value && <Workspaces />}
      {hasLine.value && (
        <Boundary>
          <AlarmBar />
        </Boundary>
      )}
      <Problems />
      <NarrowTabs />
      <main class="desk" data-view={view.value}>
        <div class="column lists">
          <Boundary>
            <SkyList />
          </Boundary>
          <Boundary>
            <DecisionList />
          </Boundary>
        </div>
        <div class="column centre">
          <Boundary>
            <MapView />
          </Boundary>
          <Boundary>
            <TimeSlider />
          </Boundary>
        </div>
        <div class="column side">
          <SideTabs />
          <div class="side-body">
            <Boundary key={sideView.value}>
              <SidePart />
            </Boundary>
          </div>
        </div>
      </main>
    </>
  )
}
