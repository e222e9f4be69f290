import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { qrParts } from '../src/line/qr-parts.ts'
import { deskBrowser, hasChromium, PATIENCE_MS, scenarioFile, SHOTS, shownText, type Viewport } from './desk-browser.ts'
import { type FixtureLine, fixtureLine } from './fixture-line.ts'
import { type Fixture, startFixtureNode } from './fixture-node.ts'

/** What the desk of the line does beside messages: alarms, two officers at two desks, areas and lines on the ground. */

/** A camera that sees these codes one after the other; runs in the page. */
function cameraShows(codes: string[]): void {
  const seen = [...codes]
  class BarcodeDetector {
    detect(): Promise<{ rawValue: string | undefined }[]> {
      return Promise.resolve(seen.length === 0 ? [] : [{ rawValue: seen.pop() }])
    }
  }
  Object.assign(globalThis, { BarcodeDetector })
  navigator.mediaDevices.getUserMedia = () => {
    const canvas = document.createElement('canvas')
    setInterval(() => canvas.getContext('2d')?.fillRect(0, 0, Math.random() * 9, 9), 50)
    return Promise.resolve(canvas.captureStream(20))
  }
}

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

  async function open(how: { before?: (page: Page) => Promise<unknown> } = {}) {
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
    // The list is drawn anew now and then: an alarm that is just being replaced has no style.
    await expect
      .poll(() => page.locator('.alarm.flash').evaluate((each) => getComputedStyle(each).animationName))
      .toBe('none')
  })

  const work = (pane: string) => page.locator(`.line-work-tabs [data-pane="${pane}"]`)
  const fill = (name: string, value: string) => page.locator(`[name="${name}"]`).fill(value)
  const choose = (name: string, value: string) => page.locator(`select[name="${name}"]`).selectOption(value)
  async function loadKeys(...keys: readonly number[]): Promise<void> {
    await work('key').click()
    await fill('key-text', keys.map((each) => line.skeys[each]).join('\n'))
    await page.locator('[name="key-use"]').click()
    await page.locator('.keys li').first().waitFor()
  }

  test('two officers sign at two desks: the second reads what it says, and only then it is sent', async () => {
    await open()
    await loadKeys(0)
    await work('declare').click()
    await choose('scope', 'all')
    await choose('reason', 'incident')
    await choose('safety-only', 'yes')
    await choose('suspend-from', 'now')
    await page.locator('[name="suspend-half"]').click()
    const half = await page.locator('textarea[name="half-out"]').inputValue()
    expect(line.posted).toEqual([])
    // The same officer may not sign it twice.
    await work('second').click()
    await fill('half', half)
    await page.locator('[name="half-take"]').click()
    expect(await text('.half')).toContain('another officer must')
    expect(await page.locator('[name="second-send"]').isDisabled()).toBe(true)

    const parts = qrParts(half) ?? []
    await open({ before: (of) => of.addInitScript(cameraShows, [...parts, 'something else', ...parts].toReversed()) })
    await loadKeys(1)
    await work('second').click()
    await fill('half', 'Good morning.')
    await page.locator('[name="half-take"]').click()
    expect(await text('.line-work-body')).toContain('This is no signed act.')
    await fill('half', half.replaceAll('ridge-7', 'ridge-8'))
    await page.locator('[name="half-take"]').click()
    expect(await text('.line-work-body')).toContain('This act is for the log ridge-8.parley/north/1')
    // What a clipboard leaves off the end does not matter.
    await fill('half', half.trim())
    await page.locator('[name="half-take"]').click()
    const shown = await text('.half')
    expect(shown).toContain('our side declares itself suspended line.suspend')
    expect(shown).toContain('north/duty-1')
    expect(shown).toContain('"reason": "incident"')
    await page.locator('[name="second-away"]').click()
    // The same from the other screen, code by code.
    await page.locator('[name="half-camera"]').click()
    await page.locator('.half').waitFor()
    expect(await text('.half')).toContain('"reason": "incident"')
    await page.locator('[name="second-send"]').click()
    await expect.poll(() => line.posted.length).toBe(1)
    expect(line.posted[0]).toMatchObject({ act: { kind: 'line.suspend' }, signers: ['north/duty-1', 'north/duty-2'] })
  })

  test('protests, digests and suspensions that are over are told', async () => {
    await open()
    expect(await text('[data-protest="south"]')).toMatch(
      /The mirror of South has not receipted ridge-7\.parley\/north\/1 up to entry 11, .* Seen by: Observer\./,
    )
    expect(await text('[data-digest="north"]')).toContain('the same as ours')
    expect(await text('[data-digest="south"]')).toContain('DIFFERS from ours')
    await page.locator('[data-party="south"] .suspensions summary').click()
    expect(await text('[data-party="south"] .suspensions')).toMatch(
      /flights · incident .*Z – .*Z ended · learnt here .*Z/,
    )
  })

  test('areas are declared, moved and lifted; a line is agreed by two officers and says whether it binds', async () => {
    await open()
    await loadKeys(0, 1)
    await work('flights').click()
    expect(await text('[data-area="hill-3"]')).toContain('Call 15 min before entry.')
    // Only our own are ours to lift.
    expect(await page.locator('[data-area="hill-3"] button').count()).toBe(0)
    await page.locator('[data-area="ford-1"] [name="area-move"]').click()
    await fill('area-position', '34.10° N, 40.92° E')
    await fill('area-radius', '4000')
    await choose('area-radius-unit', 'm')
    await fill('area-lower', '0')
    await fill('area-upper', '3000')
    await choose('area-height-unit', 'm')
    await choose('area-height-reference', 'W84')
    await choose('area-zone', 'UTC')
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    await fill('area-start-date', day)
    await fill('area-start-time', '10:00')
    await fill('area-end-date', day)
    await fill('area-end-time', '18:00')
    await page.locator('[name="area-declare"]').click()
    expect(await text('[data-form="area"]')).toContain('Confirm each position by its echo before signing.')
    expect(line.posted).toEqual([])
    await page.locator('[name="area-echo"]').check()
    await page.locator('[name="area-declare"]').click()
    await expect.poll(() => line.posted.length).toBe(1)
    expect(line.posted[0]?.act).toMatchObject({
      kind: 'area.declare',
      body: { id: 'ford-1', title: 'Ford 1', call_before_s: 600 },
    })
    await page.locator('[data-area="ford-1"] [name="area-lift"]').click()
    await page.locator('[data-area="ford-1"]').waitFor({ state: 'detached' })
    expect(line.posted[1]?.act).toMatchObject({ kind: 'area.lift', ref: { i: 3 } })

    expect(await text('[data-border="river"]')).toMatch(
      /waits for the cosignatures the charter asks for, .* Not in hand here: observer\/witness\./,
    )
    await page.locator('[name="border-agree"]').click()
    await expect.poll(() => line.posted.length).toBe(3)
    expect(line.posted[2]).toMatchObject({
      act: {
        kind: 'border.agree',
        body: {
          id: 'river',
          version: 2,
          tolerance_m: 500,
          left: 'north',
          vertices: [[349_000_000, 405_000_000], {}, {}],
        },
      },
      signers: ['north/duty-1', 'north/duty-2'],
    })
    await page.locator('[data-form="border"] summary').first().click()
    await fill('border-title', 'River')
    await fill('border-points', '34.9° N, 40.5° E\n34.2° N, 41.1° E')
    await page.locator('[name="border-echo"]').check()
    await fill('border-tolerance', '250')
    await choose('border-left', 'north')
    await choose('border-right', 'north')
    await page.locator('[name="border-agree-new"]').click()
    expect(await text('[data-form="border"]')).toContain('Another party than on the left.')
    await choose('border-right', 'south')
    await page.locator('[name="border-agree-new"]').click()
    await expect.poll(() => line.posted.length).toBe(4)
    expect(line.posted[3]?.act.body).toMatchObject({ id: 'river', version: 3, tolerance_m: 250 })
  })

  test('AC-10 in four languages, wide and at 390 pixels', async () => {
    await open()
    line.silenceSouth()
    await page.locator('.alarm.silent').waitFor()
    await page.locator('.line-work-tabs [data-pane="flights"]').click()
    await page.locator('[data-form="area"] summary').click()
    await page.locator('[data-form="border"] summary').first().click()
    await inAllLanguages('ground')
    await page.locator('.line-work-tabs [data-pane="second"]').click()
    await inAllLanguages('second')
    await page.locator('.line-work-tabs [data-pane="flights"]').click()
    await page.locator('[name="show-map"]').click()
    await page.locator('.legend summary').click()
    await page.locator('.position-sample').waitFor()
    await inAllLanguages('map')
  })

  async function inAllLanguages(name: string): Promise<void> {
    for (const [width, viewport] of [
      ['narrow', { width: 390, height: 844 }],
      ['wide', { width: 1440, height: 900 }],
    ] as const) {
      await page.setViewportSize(viewport)
      for (const language of ['en', 'de', 'ru', 'ar']) {
        await page.locator('#language').selectOption(language)
        await look(`${name}-${language}-${width}`)
      }
    }
  }

  /** Nothing reaches out of the page, and a picture where somebody wants to look. */
  async function look(name: string): Promise<void> {
    const over = await page.evaluate(() => ({
      page: document.documentElement.scrollWidth - window.innerWidth,
      columns: [...document.querySelectorAll('.line-column, .line-work-body, .alarm-bar')].map(
        (each) => each.scrollWidth - each.clientWidth,
      ),
    }))
    // The map is drawn and has come to rest before anybody looks.
    if (SHOTS !== undefined && name.startsWith('map')) await page.waitForTimeout(2500)
    expect(over.page, name).toBeLessThanOrEqual(0)
    expect(Math.max(...over.columns), `${name}: nothing reaches out`).toBeLessThanOrEqual(0)
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`) })
  }
})
