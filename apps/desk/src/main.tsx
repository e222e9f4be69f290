import 'maplibre-gl/dist/maplibre-gl.css'
import './styles.css'
import './line.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { startLanguage } from './language-choice.ts'
import { startAlarms } from './line/alarm-session.ts'
import { startBinding } from './line/binding.ts'
import { startJoining } from './line/joining-session.ts'
import { startLine } from './line/line-session.ts'
import { report } from './problems.ts'
import { startSession } from './session.ts'
import { startPlayer } from './view-state.ts'

function reportPage(error: unknown): void {
  report({
    what: 'problem.page',
    remedy: { key: 'remedy.reload' },
    said: error instanceof Error ? error.message : String(error),
  })
}

window.addEventListener('error', (event) => reportPage(event.error ?? event.message))
window.addEventListener('unhandledrejection', (event) => reportPage(event.reason))

startLanguage()
startPlayer()
startSession()
startLine()
startJoining()
startAlarms()
startBinding()

const root = document.getElementById('desk')
if (root === null) throw new Error('The page has no place for the desk.')
render(<App />, root)
