import { chromium, type Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  deskBrowser,
  executablePath,
  hasChromium,
  PATIENCE_MS,
  scenarioFile,
  shownText,
  type Viewport,
} from './desk-browser.ts'
import { type Fixture, startFixtureNode } from './fixture-node.ts'

/** The built page in a real browser: offline, by keyboard, in both directions. */

const patiently = { timeout: PATIENCE_MS }

describe.skipIf(!hasChromium)('the page', { timeout: 4 * PATIENCE_MS }, () => {
  const desk = deskBrowser('the page')
  let node: Fixture
  let page: Page

  beforeEach(async () => {
    node = await startFixtureNode({ distDir: desk.distDir, scenarioFile })
    await open({ width: 1200, height: 700 })
  })

  afterEach(async () => {
    await desk.close()
    await node.close()
  })

  async function open(viewport: Viewport, language = 'en'): Promise<void> {
    page = await desk.open(node, { language, viewport })
    await page.locator('.row.refused').first().waitFor({ state: 'attached' })
  }

  const text = (selector: string): Promise<string> => shownText(page, selector)

  /** Presses Tab until the wanted element has the focus: it must be reachable without a mouse. */
  async function tabTo(selector: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    for (let presses = 0; presses < 120; presses++) {
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return
      await page.keyboard.press(key)
    }
    throw new Error(`${selector} is not reached by Tab`)
  }

  async function typeInto(name: string, value: string): Promise<void> {
    await tabTo(`[name="${name}"]`)
    await page.keyboard.type(value)
  }

  async function choose(name: string, presses: number): Promise<void> {
    await tabTo(`select[name="${name}"]`)
    for (let press = 0; press < presses; press++) await page.keyboard.press('ArrowDown')
  }

  test('shows the picture, the badge, the age and an explained refusal', async () => {
    expect(await text('.simulated')).toContain('SIMULATED')
    expect(await text('.connection')).toMatch(/^As of \d\d:\d\d:\d\dZ/)
    expect(await text('.list.sky header')).toContain('Plans: 7 · zones: 1')
    const refusal = page.locator('.row.refused').last()
    await refusal.click()
    const detail = await text('.detail')
    expect(detail).toContain('Meets the plan PT-CANADAIR 1/2 of sim-pt-uss. Both use the same 457.2 m (1,500 ft)')
    expect(detail).toContain('up by 457.21 m')
    expect(await page.locator('.detail figure svg').getAttribute('aria-label')).toContain('ES-FOCA 43')
    // The map was drawn: its canvas has a size, and its worker and borders came from this origin.
    expect(
      await page.locator('.maplibregl-canvas').evaluate((canvas: { clientWidth: number }) => canvas.clientWidth),
    ).toBeGreaterThan(300)
    await expect.poll(() => node.seen.some((line) => /countries-50m/.test(line)), patiently).toBe(true)
    expect(await page.locator('.map-failure').count()).toBe(0)
  })

  test('by keyboard alone: from the top to a verdict, a shift, a filed plan, a withdrawal', async () => {
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe('#check')
    await page.keyboard.press('Enter')
    await page.locator('#check').waitFor()

    await tabTo('input[name="shape"]')
    await page.keyboard.press('ArrowDown')
    await choose('notation', 1)
    await choose('datum', 1)
    await typeInto('position', '41.86, -8.1')
    expect(await text('.echo')).toContain('MGRS 29TNG')
    await page.keyboard.press('Enter')
    expect(await text('.points')).toContain('41°51′36.00″ N')
    await typeInto('radius', '500')
    await choose('radius-unit', 1)
    await typeInto('lower', '1000')
    await typeInto('upper', '1200')
    await choose('height-unit', 1)
    await choose('height-reference', 1)
    await choose('zone', 1)
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    await typeInto('start-date', tomorrow)
    await typeInto('start-time', '11:00')
    expect(await text('fieldset:last-of-type')).toContain('12:00 WEST, Portugal')
    await typeInto('end-date', tomorrow)
    await typeInto('end-time', '11:15')
    await page.keyboard.press('Enter')
    await page.locator('form button.ask').focus()
    await page.keyboard.press('Enter')

    await page.locator('.verdict.blocked').waitFor()
    expect(await text('.verdict')).toContain('Your plan is blocked by')
    expect(await text('.verdict')).toContain('Meets the zone Working area closure of sim-pt-uss.')
    expect(await text('.verdict .caption')).toContain('no clearance')

    await tabTo('.clearing .apply')
    await page.keyboard.press('Enter')
    await page.locator('.verdict:not(.blocked)').waitFor()
    expect(await text('.verdict')).toContain('Nothing filed in this pool meets your plan.')

    await tabTo('.file button')
    await page.keyboard.press('Enter')
    await page.locator('.mine li').waitFor()
    expect(await text('.verdict h3')).toMatch(/Filed: …\w+, version 1/)

    await tabTo('.mine li button')
    await page.keyboard.press('Enter')
    await page.locator('.mine .empty').waitFor()
    expect(await text('.done')).toContain('Withdrawn')
  })

  test('filing what is in the way is refused and explained', async () => {
    await page.locator('.side-tabs button').nth(1).click()
    await page.locator('form .buttons button').first().click()
    await page.locator('button.ask').click()
    await page.locator('.verdict.blocked .file button').click()
    await expect.poll(() => text('.done'), patiently).toContain('Filing was refused')
    expect(await text('.verdict')).toContain('Smallest shift of the whole plan that meets nothing')
    await expect.poll(() => text('.list.decisions .row'), patiently).toContain('newcomer')
    desk.forgive(/409/)
  })

  test('nothing is assumed: an empty form names every choice that is missing', async () => {
    await page.locator('.side-tabs button').nth(1).click()
    await page.locator('button.ask').click()
    const problems = await page.locator('.check-form .field-problem').allInnerTexts()
    expect(problems.filter((problem) => problem.includes('sets no default'))).toHaveLength(3)
    expect(problems.at(-1)).toContain('Please mend first')
    expect(node.seen.filter((line) => line.includes('checks'))).toEqual([])
  })

  test('one’s own plan in the way can be acknowledged, and then the newer one is filed', async () => {
    await page.locator('.side-tabs button').nth(1).click()
    await page.locator('form .buttons button').first().click()
    await page.locator('[name="lower"]').fill('5000')
    await page.locator('[name="upper"]').fill('5100')
    await page.locator('button.ask').click()
    await page.locator('.verdict:not(.blocked) .file button').click()
    await page.locator('.mine li').waitFor()
    await page.locator('button.ask').click()
    await page.locator('.verdict.blocked .file input[type="checkbox"]').check()
    await page.locator('.file button').click()
    await expect.poll(() => page.locator('.mine li').count(), patiently).toBe(2)
  })

  test('draws on the map by clicking', async () => {
    await page.locator('.side-tabs button').nth(1).click()
    await page.locator('.check-form fieldset .buttons button').first().click()
    const box = await page.locator('.map-canvas').boundingBox()
    if (box === null) throw new Error('no map')
    for (const [x, y] of [
      [0.4, 0.4],
      [0.6, 0.4],
      [0.5, 0.6],
    ] as const) {
      await page.mouse.click(box.x + box.width * x, box.y + box.height * y)
      await page.waitForTimeout(400)
    }
    expect(await page.locator('.points li').count()).toBe(3)
  })

  test('the time slider moves by arrow, by page key and by playing', async () => {
    const slider = page.locator('.time-track input')
    const value = async (): Promise<number> => Number(await slider.inputValue())
    const before = await value()
    await slider.focus()
    await page.keyboard.press('ArrowRight')
    expect((await value()) - before).toBe(60_000)
    await page.keyboard.press('PageDown')
    expect((await value()) - before).toBe(60_000 - 3_600_000)
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^\S?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.* UTC$/)
    const paused = await value()
    await page.locator('.play').click()
    await expect.poll(value, patiently).toBeGreaterThan(paused)
    await page.locator('.play').click()
  })

  test('Arabic turns the page around, Latin call signs stay whole, and the choice is kept', async () => {
    await page.locator('#language').selectOption('ar')
    expect(await page.evaluate(() => [document.documentElement.dir, document.documentElement.lang])).toEqual([
      'rtl',
      'ar',
    ])
    expect(await text('.list.decisions h2')).toBe('القرارات')
    expect(await text('.list.sky .rows')).toContain('PT-CANADAIR 1/2')
    expect(await text('.simulated')).toContain('SIMULATED')
    await page.goto(node.url)
    await page.locator('.row.refused').first().waitFor({ state: 'attached' })
    expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl')
    await page.locator('#language').selectOption('en')
    expect(await page.evaluate(() => document.documentElement.dir)).toBe('ltr')
  })

  test.each(['en', 'de', 'ru', 'ar'])('fits 360 pixels in %s, view by view', async (language) => {
    await page.close()
    await open({ width: 360, height: 740 }, language)
    for (let view = 0; view < 5; view++) {
      await page.locator('.narrow-tabs button').nth(view).click()
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(wide, `view ${view}`).toBeLessThanOrEqual(360)
      const high = await page.evaluate(() => document.documentElement.scrollHeight)
      expect(high, `view ${view} scrolls inside, never as a whole`).toBeLessThanOrEqual(740)
    }
  })

  test('a node that fails is reported with what to do, silence becomes a visible state, and it recovers', async () => {
    node.broken = true
    await page.locator('.problem').waitFor(patiently)
    expect(await text('.problem')).toContain('Could not read the state of the node.')
    await page.locator('.stale-banner').waitFor(patiently)
    expect(await text('.connection')).toMatch(/^STALE/)
    node.broken = false
    await page.locator('.stale-banner').waitFor({ state: 'detached', ...patiently })
    await page
      .locator('.problem')
      .first()
      .waitFor({ state: 'detached', ...patiently })
    desk.forgive(/503/)
  })

  test('a node that comes back with another journal is shown as it is, nothing of the old one is left', async () => {
    const { port } = node
    await node.close()
    node = await startFixtureNode({ distDir: desk.distDir, scenarioFile, port, empty: true })
    await expect.poll(() => text('.list.sky'), patiently).toContain('No plan and no zone is filed')
    expect(await text('.list.decisions')).toContain('No decision yet.')
    desk.forgive(/ERR_|Failed to load resource/)
  })

  test('a full pool stays usable: lists are capped with a count, and the page answers', async () => {
    await page.close()
    await node.close()
    node = await startFixtureNode({ distDir: desk.distDir, scenarioFile, extraPlans: 5000 })
    await open({ width: 1200, height: 700 })
    expect(await text('.list.sky')).toContain('Shown: 200 of 5,008.')
    expect(await text('.map-foot')).toContain('The map draws 2,000 of 5,008 items')
    expect(await text('.strip-legend')).toContain('not worked out above 300 items')
    await page.locator('.list.sky .filter').fill('canadair')
    await expect.poll(() => page.locator('.list.sky .row').count(), patiently).toBe(1)
  })

  test('without WebGL everything but the map works, and the page says so', async () => {
    const plain = await chromium.launch({
      executablePath: executablePath as string,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-3d-apis'],
    })
    try {
      const view = await plain.newPage({ viewport: { width: 1200, height: 700 } })
      await view.goto(`${node.url}?lang=en`)
      await view.locator('.map-failure').waitFor()
      expect(await view.locator('.map-failure').innerText()).toContain('no WebGL')
      await view.locator('.row.refused').first().click()
      await view.locator('.detail .clearing').waitFor()
    } finally {
      await plain.close()
    }
  })

  test('without an issuer the page asks for a token, refuses a wrong one and works with a right one', async () => {
    await page.close()
    await node.close()
    node = await startFixtureNode({ distDir: desk.distDir, scenarioFile, issuer: false })
    page = await desk.open(node, { viewport: { width: 1200, height: 700 } })
    await page.locator('.token input').fill('no token at all')
    await page.locator('.token button').click()
    expect(await text('.token .field-problem')).toContain('not accepted')
    const claims = Buffer.from(JSON.stringify({ sub: 'uss7', exp: Date.now() / 1000 + 600 })).toString('base64url')
    await page.locator('.token input').fill(`Bearer e30.${claims}.x`)
    await page.locator('.token button').click()
    await page.locator('.row.refused').first().waitFor()
    await page.locator('form .buttons button').first().click()
    await page.locator('[name="lower"]').fill('5000')
    await page.locator('[name="upper"]').fill('5100')
    await page.locator('button.ask').click()
    await page.locator('.verdict').waitFor()
    expect(await text('.file')).toContain('uss7')
  })
})
