import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deskBrowser, hasChromium, PATIENCE_MS, scenarioFile, SHOTS, shownText, type Viewport } from './desk-browser.ts'
import { type FixtureLine, fixtureLine } from './fixture-line.ts'
import { type Fixture, startFixtureNode } from './fixture-node.ts'

/** What the desk of the line does beside messages: alarms. */

const WIDE: Viewport = { width: 1400, height: 900 }

describe.skipIf(!hasChromium)('the desk of the line', { timeout: 4 * PATIENCE_MS }, () => {
  const desk = deskBrowser('the desk of the line')
  let node: Fixture
  let line: FixtureLine
  let page: Page

  beforeEach(async () => {
    line = fixtureLine()
    node = await startFixtureNode({ distDir: desk.distDir, scenarioFile, line, empty: true })
  }, PATIENCE_MS)

  afterEach(async () => {
    await desk.close()
    await node.close()
  })

  async function open(how: { language?: string; viewport?: Viewport; before?: (page: Page) => Promise<unknown> } = {}) {
    page = await desk.open(node, { viewport: WIDE, ...how })
    await page.locator('[data-workspace="line"]').click()
    await page.locator('.message-row').first().waitFor({ state: 'attached' })
  }

  const text = (selector: string): Promise<string> => shownText(page, selector)

  /** What the page lets sound, as it hands it to the browser. */
  const listen = (of: Page): Promise<unknown> =>
    of.addInitScript(() => {
      const heard: string[] = []
      Object.assign(globalThis, { heard })
      const { start, stop } = AudioBufferSourceNode.prototype
      AudioBufferSourceNode.prototype.start = function started(this: AudioBufferSourceNode) {
        heard.push(this.loop ? 'alarm' : 'once')
        start.call(this)
      }
      AudioBufferSourceNode.prototype.stop = function stopped(this: AudioBufferSourceNode) {
        heard.push('stop')
        stop.call(this)
      }
    })
  const heard = (): Promise<string[]> => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)

  test('AC-02 an untaken FLASH is seen and heard, acknowledged at this desk, and heard again when it gets worse', async () => {
    await open({ before: listen })
    // Browsers keep a page quiet until somebody presses something: that is said, and never passed over.
    expect(await text('.sound-off')).toContain('The sound is OFF: nobody hears an alarm at this desk.')
    expect(await heard()).toEqual([])
    expect(await text('.alarm')).toMatch(/FLASH not taken south\/north\/\d{4}\/0003 to be taken by north\.duty/)
    expect(await page.title()).toContain('(1) FLASH not taken')
    expect(await page.locator('link[rel="icon"]').getAttribute('href')).toBe('./icon-alarm.svg')
    await page.locator('[name="sound-on"]').click()
    await page.locator('.sound-on').waitFor()
    await expect.poll(heard).toEqual(expect.arrayContaining(['once', 'alarm']))
    // It is over everything, the sky too.
    await page.locator('[data-workspace="sky"]').click()
    await page.locator('[name="alarm-ack"]').click()
    await page.locator('.alarm').waitFor({ state: 'detached' })
    expect((await heard()).at(-1)).toBe('stop')
    expect(await text('.alarm-quiet')).toContain('Acknowledged at this desk, and not over: 1.')
    expect(await page.title()).not.toContain('FLASH')
    // Nothing was signed or sent by it.
    expect(line.posted).toEqual([])
    line.escalate('role')
    await page.locator('.alarm.flash').waitFor()
    await expect.poll(async () => (await heard()).at(-1)).toBe('alarm')
    await page.locator('[name="alarm-go"]').click()
    await page.locator('.message').waitFor()
  })

  test('a line that falls silent is heard; turning the sound off stays in sight, and its wish is kept', async () => {
    await open({ before: listen })
    line.silenceSouth()
    await page.locator('.alarm.silent').waitFor()
    expect(await text('.alarm.silent')).toContain('Line SILENT from South')
    await page.locator('[name="sound-on"]').click()
    await page.locator('.sound-on').waitFor()
    await page.reload()
    await page.locator('.sound-off').waitFor()
    // Wished for before: the first press lets it sound again.
    await page.locator('[data-workspace="line"]').click()
    await page.locator('.sound-on summary').click()
    await page.locator('[name="sound-off"]').click()
    await page.locator('.sound-off').waitFor()
    await page.emulateMedia({ reducedMotion: 'reduce' })
    expect(await page.locator('.alarm.flash').evaluate((each) => getComputedStyle(each).animationName)).toBe('none')
  })

  test.each(['en', 'de', 'ru', 'ar'])('AC-10 wide and at 390 pixels in %s', async (language) => {
    for (const [name, viewport] of [
      ['wide', { width: 1440, height: 900 }],
      ['narrow', { width: 390, height: 844 }],
    ] as const) {
      await open({ language, viewport })
      line.silenceSouth()
      await page.locator('.alarm.silent').waitFor()
      await look(`alarm-${language}-${name}`)
      await page.close()
    }
  })

  /** Nothing reaches out of the page, and a picture where somebody wants to look. */
  async function look(name: string): Promise<void> {
    const over = await page.evaluate(() => ({
      page: document.documentElement.scrollWidth - window.innerWidth,
      columns: [...document.querySelectorAll('.line-column, .line-work-body, .alarm-bar')].map(
        (each) => each.scrollWidth - each.clientWidth,
      ),
    }))
    expect(over.page, name).toBeLessThanOrEqual(0)
    expect(Math.max(...over.columns), `${name}: nothing reaches out`).toBeLessThanOrEqual(0)
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`) })
  }
})
