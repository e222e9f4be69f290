import { Component, type ComponentChildren } from 'preact'
import { t } from '../i18n.ts'
import { report } from '../problems.ts'

interface State {
  failed: boolean
}

/** A part of the page that fails takes nothing else with it, and says so. */
export class Boundary extends Component<{ children: ComponentChildren }, State> {
  override state: State = { failed: false }

  static override getDerivedStateFromError(): State {
    return { failed: true }
  }

  override componentDidCatch(error: unknown): void {
    console.error(error)
    report({
      what: 'problem.page',
      remedy: { key: 'remedy.reload' },
      said: error instanceof Error ? error.message : String(error),
    })
  }

  override render() {
    return this.state.failed ? <p class="empty">{t('problem.page')}</p> : this.props.children
  }
}
