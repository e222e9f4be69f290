import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deskBrowser, hasChromium, PATIENCE_MS, scenarioFile, SHOTS, shownText, type Viewport } from './desk-browser.ts'
import { fixtureLog } from './fixture-log.ts'
import { type Fixture, startFixtureNode } from './fixture-node.ts'

/** The record panel in a real browser: the log is verified there, in a thread of its own, over the node's own files. */

const SIZE = 1000

describe.skipIf(!hasChromium)('the record', { timeout: 4 * PATIENCE_MS }, () => {
  const desk = deskBrowser('the record panel')
  let node: Fixture
  let page: Page

  beforeEach(async () => {
    node = await startFixtureNode({ distDir: desk.distDir, scenarioFile, log: fixtureLog(SIZE) })
    await open('en', { width: 1300, height: 900 })
  })

  afterEach(async () => {
    await desk.close()
    await node.close()
  })

  async function open(language: string, viewport: Viewport): Promise<void> {
    page = await desk.open(node, { language, viewport })
    await page.locator('.row.refused').first().waitFor({ state: 'attached' })
    const tabs = viewport.width > 820 ? '.side-tabs' : '.narrow-tabs'
    await page.locator(`${tabs} button`).last().click()
    await page.locator('.record dl').waitFor()
  }

  const text = (selector: string): Promise<string> => shownText(page, selector)

  async function verify(): Promise<void> {
    await page.locator('.record .buttons button').click()
    await page.locator('.record-verdict').waitFor()
  }

  test('shows name, size, age, key and cosigners, each with its state', async () => {
    const shown = await text('.record')
    expect(shown).toContain('pool.parley/fixture/1')
    expect(shown).toContain('1,000 entries')
    expect(shown).toMatch(/As told by the node \d+ sec ago/)
    expect(shown).toMatch(/[0-9a-f]{8}( [0-9a-f]{8}){7}/)
    expect(await page.locator('.cosigner').count()).toBe(2)
    expect(await text('.cosigner.current')).toContain('guarantor.example/witness witness: has seen the head')
    expect(await text('.cosigner.behind')).toMatch(
      /mirror: holds every entry behind · cosigned 997 · missing 3 · 4 sec ago/,
    )
  })

  test('verifies the whole log on this machine, by keyboard, and says what was checked', async () => {
    await page.locator('.record .buttons button').focus()
    await page.keyboard.press('Enter')
    await page.locator('.record-verdict.good').waitFor()
    const verdict = await text('.record-verdict')
    expect(verdict).toContain('Verified on this machine')
    expect(verdict).toContain('Entries read and found as signed: 1,000.')
    expect(verdict).toContain('Decisions decided again with the same result: 1,000.')
    expect(verdict).toContain('Cosigned by 2: guarantor.example/witness, north.example/mirror.')
    expect(node.seen.filter((line) => line.includes('/log/tile/entries/')).length).toBe(4)
    // The second time it also says that the log continues what was verified before.
    await page.locator('.record .buttons button').click()
    await expect
      .poll(() => text('.record-verdict'), { timeout: PATIENCE_MS })
      .toContain('It continues what this browser verified before, of 1,000 entries')
  })

  test('one altered byte is named in words', async () => {
    const path = 'tile/entries/002'
    const bytes = Uint8Array.from(node.log?.files.get(path) ?? [])
    bytes[50] ^= 1
    node.log?.files.set(path, bytes)
    await verify()
    expect(await page.locator('.record-verdict.bad').count()).toBe(1)
    expect(await text('.record-verdict')).toContain('NOT AS IT WAS SIGNED')
    expect(await text('.record-verdict .findings')).toContain('Entry 513 is not the one that was signed.')
  })

  test('a log that changed its past between two visits is found out', async () => {
    await verify()
    node.log = fixtureLog(SIZE + 10, { forked: true })
    await page.reload()
    await page.locator('.side-tabs button').last().click()
    await page.locator('.record dl').waitFor()
    await verify()
    expect(await text('.record-verdict')).toContain('its past was rewritten')
  })

  test('another key under the same name raises an alarm', async () => {
    node.log = fixtureLog(SIZE, { key: 9 })
    await page.reload()
    await page.locator('.side-tabs button').last().click()
    expect(await text('.record-alarm')).toContain('The key has changed.')
  })

  test('a log that cannot be read is no verdict about it', async () => {
    for (const path of node.log?.files.keys() ?? []) if (path !== 'checkpoint') node.log?.files.delete(path)
    const { log } = node
    node.log = { files: new Map(), status: log?.status ?? {} }
    await page.locator('.record .buttons button').click()
    await page.locator('.record-verdict').waitFor()
    expect(await text('.record-verdict')).toMatch(/NOT AS IT WAS SIGNED|Could not be verified/)
    desk.forgive(/404/)
  })

  test.each(['en', 'de', 'ru', 'ar'])('wide and at 360 pixels in %s, before and after', async (language) => {
    for (const [name, viewport] of [
      ['wide', { width: 1300, height: 900 }],
      ['narrow', { width: 360, height: 740 }],
    ] as const) {
      await page.close()
      await open(language, viewport)
      await verify()
      expect(await page.locator('.record-verdict.good').count()).toBe(1)
      const { scrollWidth, scrollHeight } = await page.evaluate(() => ({
        scrollWidth: document.documentElement.scrollWidth,
        scrollHeight: document.documentElement.scrollHeight,
      }))
      expect(scrollWidth, name).toBeLessThanOrEqual(viewport.width)
      expect(scrollHeight, name).toBeLessThanOrEqual(viewport.height)
      const over = await page
        .locator('.side-body')
        .evaluate((side: { scrollWidth: number; clientWidth: number }) => side.scrollWidth - side.clientWidth)
      expect(over, `${name}: nothing reaches out of the panel`).toBeLessThanOrEqual(0)
      if (SHOTS !== undefined) {
        await page.screenshot({ path: join(SHOTS, `record-${language}-${name}.png`) })
        await page.locator('.side-body').evaluate((side: { scrollTop: number; scrollHeight: number }) => {
          side.scrollTop = side.scrollHeight
        })
        await page.screenshot({ path: join(SHOTS, `record-${language}-${name}-end.png`) })
      }
    }
  })
})
