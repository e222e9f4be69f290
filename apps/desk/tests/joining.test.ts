import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  createSigner,
  formatEnrolmentText,
  formatIdentity,
  formatSkey,
  parseVkey,
  recipientOf,
  type Signer,
} from '@parley/record'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addQrPart, qrParts } from '../src/line/qr-parts.ts'
import { deskBrowser, hasChromium, PATIENCE_MS, scenarioFile, SHOTS, shownText } from './desk-browser.ts'
import { type Fixture, startFixtureNode } from './fixture-node.ts'
import { compileNode, type RealNode, startRealNode } from './real-node.ts'

/** The ceremony by which a table begins, in two desks over two real nodes, everything carried by hand. */

const TABLE = 'ridge-9'
const SIDES = ['north', 'south'] as const
type Side = (typeof SIDES)[number]

describe('texts as QR codes', () => {
  const long = `${'Ein längerer Text — на всех языках, بكل لغة. '.repeat(60)}\n`

  test('in parts that may be read in any order, each more than once', () => {
    const parts = qrParts(long) ?? []
    expect(parts.length).toBeGreaterThan(3)
    let held: ReturnType<typeof addQrPart> = { reading: null, text: null }
    for (const part of [...parts, ...parts].toReversed().slice(0, 2 * parts.length - 1))
      if (held.text === null) held = addQrPart(held.reading, part)
    expect(held.text).toBe(long)
  })

  test('a code of something else changes nothing; parts of another text begin anew', () => {
    const [first = '', second = ''] = qrParts(long) ?? []
    const held = addQrPart(null, first).reading
    expect(addQrPart(held, 'https://example.org').reading).toBe(held)
    expect(addQrPart(held, first.replace('1/', '99/')).reading).toBe(held)
    const [other = ''] = qrParts('another text') ?? []
    expect(addQrPart(held, other).text).toBe('another text')
    expect(addQrPart(addQrPart(held, other).reading, second).reading?.pieces.size).toBe(1)
  })

  test('parts put together wrongly are not taken for the text', () => {
    const parts = qrParts(long) ?? []
    const forged = parts.map((part, i) => (i === 1 ? part.replace(/ (\S)\S/, ' $1A').replace(/.(?==*$)/, 'A') : part))
    let held: ReturnType<typeof addQrPart> = { reading: null, text: null }
    for (const part of forged) held = addQrPart(held.reading, part)
    expect(held.text).toBeNull()
  })

  test('what is too long for codes is said to be', () => {
    expect(qrParts('x'.repeat(100_000))).toBeNull()
  })
})

describe.skipIf(!hasChromium)('a table begins', { timeout: 6 * PATIENCE_MS }, () => {
  const desk = deskBrowser('the ceremony in the desk')
  const nodes = new Map<Side, { real: RealNode; served: Fixture }>()

  beforeAll(async () => {
    compileNode()
    for (const side of SIDES) {
      const real = await startRealNode(side)
      nodes.set(side, {
        real,
        served: await startFixtureNode({ distDir: desk.distDir, scenarioFile, line: real, empty: true }),
      })
    }
  }, 5 * PATIENCE_MS)

  afterAll(async () => {
    for (const { real, served } of nodes.values()) {
      await served.close()
      await real.close()
    }
  })

  const seedOf = (name: string): Uint8Array => new Uint8Array(createHash('sha256').update(name).digest())
  const key = (side: Side, name: string): { signer: Signer; skey: string } => {
    const secret = { name: `${side}/${name}`, type: 0x01 as const, seed: seedOf(`${side} ${name}`) }
    return { signer: createSigner(secret), skey: formatSkey(secret) }
  }
  const ROOT = ['root-1', 'root-2', 'root-3']
  const OFFICERS = ['duty-1', 'duty-2']

  /** What `parley keys enrol make` makes of the draft that the desk gives. */
  async function enrolmentOf(side: Side, draft: string): Promise<string> {
    const { log, mirrors, witnesses, tls } = JSON.parse(draft) as {
      log: string
      mirrors: string[]
      witnesses: string[]
      tls: string[]
    }
    return formatEnrolmentText({
      table: TABLE,
      party: side,
      atS: Math.floor(Date.now() / 1000),
      logNumber: 1,
      log: parseVkey(log),
      mirrors: mirrors.map(parseVkey),
      witnesses: witnesses.map(parseVkey),
      root: ROOT.map((person) => ({ person, key: key(side, person).signer.key })),
      officers: OFFICERS.map((person) => ({
        key: key(side, person).signer.key,
        person,
        kinds: ['ack.*', 'line.open', 'message'],
        notBeforeIndex: 0,
        notAfterS: Math.floor(Date.now() / 1000) + 86_400,
        maxPerDay: 100,
      })),
      desks: [{ desk: 'duty', recipient: await recipientOf(formatIdentity(seedOf(`${side} seal`))) }],
      tlsPins: tls,
    })
  }

  const other = (side: Side): Side => (side === 'north' ? 'south' : 'north')
  const step = (page: Page, name: string) => page.locator(`[data-step="${name}"][aria-current="step"]`)
  const valueOf = (page: Page, name: string): Promise<string> => page.locator(`textarea[name="${name}"]`).inputValue()

  async function bring(page: Page, text: string): Promise<void> {
    await page.locator('textarea[name="bring"]').fill(text)
    await page.locator('[name="bring-take"]').click()
  }

  /** In every language, wide and narrow, nothing reaches out of the page. */
  async function look(page: Page, name: string): Promise<void> {
    for (const language of ['de', 'ru', 'ar', 'en']) {
      await page.locator('#language').selectOption(language)
      for (const [width, viewport] of [
        ['narrow', { width: 390, height: 844 }],
        ['wide', { width: 1440, height: 900 }],
      ] as const) {
        await page.setViewportSize(viewport)
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(over, `${language} ${width} ${name}`).toBeLessThanOrEqual(0)
        if (SHOTS !== undefined)
          await page.screenshot({ path: join(SHOTS, `join-${language}-${width}-${name}.png`), fullPage: true })
      }
    }
  }

  test('invitation, enrolment, code and charter go from desk to desk by hand, and the line opens', async () => {
    const pages = {} as Record<Side, Page>
    for (const side of SIDES) {
      const served = nodes.get(side)?.served
      if (served === undefined) throw new Error('no node')
      const page = await desk.open(served, { viewport: { width: 1400, height: 900 } })
      pages[side] = page
      await page.locator('[data-workspace="line"]').click()
      await page.locator('[name="new-table"]').fill(TABLE)
      await page.locator('[name="new-party"]').fill(side)
      await page.locator('[name="new-others"]').fill('South!')
      await page.locator('[name="begin"]').click()
      expect(await shownText(page, '.line-empty')).toContain('Small letters a to z, digits and inner hyphens.')
      await page.locator('[name="new-others"]').fill(other(side))
      await page.locator('[name="begin"]').click()
      await step(page, 'enrolment').waitFor()
      // Keys of people come into the page, and sign there what is brought.
      await page.locator('[name="key-text"]').fill([...ROOT, ...OFFICERS].map((one) => key(side, one).skey).join('\n'))
      await page.locator('[name="key-use"]').click()
      await bring(page, 'Hello')
      expect(await shownText(page, '.outcome-line.bad')).toContain('neither invitation, enrolment nor charter')
      await bring(page, await enrolmentOf(side, await valueOf(page, 'draft')))
      await step(page, 'commits').waitFor()
    }
    const { north, south } = pages

    // Nothing is shown before all have promised.
    expect(await north.locator('textarea[name="reveal"]').count()).toBe(0)
    for (const side of SIDES) await bring(pages[other(side)], await valueOf(pages[side], 'invitation'))
    for (const side of SIDES) await step(pages[side], 'reveals').waitFor()
    for (const side of SIDES) {
      await pages[side].locator('textarea[name="reveal"]').waitFor()
      await pages[side].locator('[name="reveal-qr"]').click()
    }
    expect(await shownText(north, '.qr-show')).toMatch(/Code \d of \d/)
    await look(north, 'reveals')
    for (const side of SIDES) await bring(pages[other(side)], await valueOf(pages[side], 'reveal'))

    // What one reads aloud the other types; a digit that differs stops everything.
    const read = async (page: Page): Promise<string> =>
      (await page.locator('.code-aloud').innerText()).replaceAll(/\s+/g, ' ').trim()
    await step(north, 'compare').waitFor()
    await step(south, 'compare').waitFor()
    const code = await read(south)
    expect(code).toMatch(/^\d{5} \d{5} \d{5} \d{5}$/)
    expect(await read(north)).toBe(code)
    await north.locator('[name="heard-south"]').fill(code.replace(/^./, (digit) => String((Number(digit) + 1) % 10)))
    await north.locator('[name="compare-south"]').click()
    await north.locator('.join-compare .outcome-line.bad').waitFor()
    expect(await shownText(north, '.join-compare .outcome-line.bad')).toContain('The code DIFFERS.')
    desk.forgive(/409/)
    await look(north, 'compare')
    for (const side of SIDES) {
      await pages[side].locator(`[name="heard-${other(side)}"]`).fill(await read(pages[other(side)]))
      await pages[side].locator(`[name="compare-${other(side)}"]`).click()
    }

    // One side makes the charter, both sign it.
    await step(north, 'charter').waitFor()
    await step(south, 'charter').waitFor()
    await north.locator('[name="title-north"]').fill('North')
    await north.locator('[name="charter-make"]').click()
    expect(await north.locator('.print-form').innerText()).toContain('"rule-of-threes"')
    await look(north, 'charter')
    await north.locator('[name="charter-sign"]').click()
    await north.locator('textarea[name="charter-out"]').waitFor()
    expect(await shownText(north, '[data-step="charter"]')).toContain('Custodians still have to sign of: south.')
    await bring(south, await valueOf(north, 'charter-out'))
    await south.locator('[data-step="charter"] [name="charter-sign"]').click()
    await step(south, 'open').waitFor()
    await bring(north, await valueOf(south, 'charter-out'))
    await step(north, 'open').waitFor()

    for (const side of SIDES) {
      await pages[side].locator('[name="open-log"]').click()
      await pages[side].locator('.line-work-tabs [data-pane="declare"]').click()
      await pages[side].locator('[name="open-line"]').click()
    }
    for (const side of SIDES) {
      for (const party of SIDES)
        await pages[side].locator(`[data-party="${party}"] .fact.declared.open`).waitFor({ timeout: 2 * PATIENCE_MS })
    }

    const secrets = SIDES.flatMap((side) =>
      [...ROOT, ...OFFICERS].map((name) => key(side, name).skey.split('+').at(-1)),
    )
    for (const { real } of nodes.values())
      for (const body of real.raw) for (const secret of secrets) expect(body.includes(secret ?? '')).toBe(false)
    // While the table began the page asked for nothing that is not there yet.
    desk.forgive(/409/)
    await desk.close()
  })
})
