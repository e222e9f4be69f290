import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect } from 'vitest'
import { CHROMIUM_ARGS, findChromium } from './chromium.ts'

/** The page as it is built, in a real browser: what every browser test of the desk sets up and looks at in the end. */

export const executablePath = findChromium()
export const hasChromium = executablePath !== null

/** A machine may be busy with other tests; waiting longer costs nothing when all is well. */
export const PATIENCE_MS = 60_000
/** A folder to put screenshots into, where somebody wants to look. */
export const SHOTS = process.env['PARLEY_SHOTS']

const desk = join(import.meta.dirname, '..')
export const scenarioFile = join(desk, '..', '..', 'scenarios', 'fire.json')

export interface Viewport {
  readonly width: number
  readonly height: number
}

export interface DeskBrowser {
  readonly distDir: string
  /** Opens the page of the node at `port` in a fresh tab; only this node may be asked for anything. */
  readonly open: (node: { readonly url: string; readonly port: number }, how: OpenOptions) => Promise<Page>
  /** Closes what was opened, and holds it to have asked nobody else and complained of nothing. */
  readonly close: () => Promise<void>
  /** Forgets complaints that a test provoked. */
  readonly forgive: (part: RegExp) => void
}

export interface OpenOptions {
  readonly language?: string
  readonly viewport: Viewport
  /** Runs in the page before its own scripts. */
  readonly before?: (page: Page) => Promise<unknown>
}

/** Builds the page once for a file of tests and starts the browser; `what` is what is not tested where there is none. */
export function deskBrowser(what: string): DeskBrowser {
  if (executablePath === null)
    console.info(`SKIPPED: ${what} is not tested, for there is no Chromium here. Install one or set $CHROMIUM.`)
  const distDir = mkdtempSync(join(tmpdir(), 'parley-desk-'))
  let browser: Browser | undefined
  let pages: Page[] = []
  let outside: string[] = []
  let complaints: string[] = []

  beforeAll(async () => {
    if (executablePath === null) return
    await build({ root: desk, logLevel: 'error', build: { outDir: distDir, emptyOutDir: true } })
    browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
  }, 4 * PATIENCE_MS)

  afterAll(async () => {
    await browser?.close()
    rmSync(distDir, { recursive: true, force: true })
  })

  return {
    distDir,
    async open({ url, port }, { language = 'en', viewport, before }) {
      if (browser === undefined) throw new Error('there is no browser')
      const page = await browser.newPage({ viewport })
      pages.push(page)
      page.setDefaultTimeout(PATIENCE_MS)
      page.on('request', (request) => {
        const { protocol, host } = new URL(request.url())
        if (!['data:', 'blob:'].includes(protocol) && host !== `localhost:${port}`) outside.push(request.url())
      })
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text())
      })
      await before?.(page)
      await page.goto(`${url}?lang=${language}`)
      return page
    },
    async close() {
      for (const page of pages) await page.close()
      const found = { outside, complaints }
      pages = []
      outside = []
      complaints = []
      expect(found.outside, 'requests that left this machine').toEqual([])
      expect(found.complaints, 'errors of the page, CSP among them').toEqual([])
    },
    forgive(part) {
      complaints = complaints.filter((each) => !part.test(each))
    },
  }
}

/** What a reader sees of an element, without the marks that isolate directions and with single blanks. */
export async function shownText(page: Page, selector: string): Promise<string> {
  const found = await page.locator(selector).first().innerText()
  return found.replaceAll(/[\u2060\u2066-\u2069]/g, '').replaceAll(/\s+/g, ' ')
}
