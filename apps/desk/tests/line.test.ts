import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deskBrowser, hasChromium, PATIENCE_MS, scenarioFile, SHOTS, shownText, type Viewport } from './desk-browser.ts'
import { type FixtureLine, fixtureLine } from './fixture-line.ts'
import { type Fixture, startFixtureNode } from './fixture-node.ts'

/** The line panel in a real browser: what it shows of a node's line, and what an officer signs in it. */

describe.skipIf(!hasChromium)('the line', { timeout: 4 * PATIENCE_MS }, () => {
  const desk = deskBrowser('the line panel')
  let node: Fixture
  let line: FixtureLine
  let page: Page

  beforeEach(async () => {
    line = fixtureLine()
    node = await startFixtureNode({ distDir: desk.distDir, scenarioFile, line, empty: true })
    await open('en', { width: 1400, height: 900 })
  }, PATIENCE_MS)

  afterEach(async () => {
    await desk.close()
    await node.close()
    // Whatever is done, no officer's key leaves the page.
    const seeds = line.skeys.map((skey) => skey.split('+').at(-1) ?? skey)
    const leaked = line.raw.filter(
      (request) => request.includes('PRIVATE+KEY') || seeds.some((seed) => request.includes(seed)),
    )
    expect(leaked, 'requests that carried a key').toEqual([])
  })

  async function open(language: string, viewport: Viewport): Promise<void> {
    page = await desk.open(node, { language, viewport })
    await page.locator('[data-workspace="line"]').click()
    await page.locator('.party').first().waitFor({ state: 'attached' })
    await page.locator('.message-row').first().waitFor({ state: 'attached' })
  }

  const text = (selector: string): Promise<string> => shownText(page, selector)

  const work = (pane: string) => page.locator(`.line-work-tabs [data-pane="${pane}"]`)

  async function loadKeys(count = 2): Promise<void> {
    await work('key').click()
    await page.locator('[name="key-text"]').fill(line.skeys.slice(0, count).join('\n'))
    await page.locator('[name="key-use"]').click()
    await page.locator('.keys li').first().waitFor()
  }

  const fill = (name: string, value: string) => page.locator(`[name="${name}"]`).fill(value)
  const choose = (name: string, value: string) => page.locator(`select[name="${name}"]`).selectOption(value)

  test('declared and measured state stand side by side; a suspension is quoted and is not silence', async () => {
    expect(await page.locator('[data-party="south"] .fact.declared.open').count()).toBe(1)
    expect(await page.locator('[data-party="south"] .fact.measured').count()).toBe(2)
    expect(await text('[data-party="south"] .fact.measured.degraded')).toMatch(
      /Measured, from them degraded since .*Z last fresh receipt \d+ sec ago receipts are late · the clocks differ too much/,
    )
    expect(await text('[data-party="observer"] .fact.measured.silent')).toContain('SILENT')
    line.suspendSouth()
    await page.locator('[data-party="south"] .fact.declared.suspended').waitFor()
    const quoted = await text('[data-party="south"] .fact.declared.suspended')
    expect(quoted).toContain('South has declared its obligations suspended: everything. Reason: political decision.')
    expect(quoted).toContain('Takes only tests, flight safety, corrections and the state of the line')
    expect(quoted).toMatch(/until not said; it lasts until resumed learnt here .*Z act ridge-7\.parley\/south\/1 #8/)
    // The wire is measured as before: nothing of the statement has changed it.
    expect(await page.locator('[data-party="south"] .fact.measured.open').count()).toBe(1)
  })

  test('AC-07 availability as figures and picture, and the numbers that are missing', async () => {
    await page.locator('[data-party="south"] .availability summary').click()
    expect(await text('[data-party="south"] .availability')).toContain('99.41%')
    expect(await text('[data-party="south"] .availability')).toContain('gaps: 2, longest 8 min 30 sec')
    expect(await page.locator('[data-party="south"] .availability svg rect.gap').count()).toBeGreaterThan(0)
    expect(await text('.line-state')).toMatch(
      /Missing numbers: 1\. Both sides see this list\. south\/north\/\d{4}\/0002/,
    )
  })

  test('AC-02 overdue clocks come first, with the steps that are due and a script', async () => {
    expect(await text('.clock-row')).toMatch(/OVERDUE by .* FLASH south\/north\/\d{4}\/0003/)
    const alarms = await text('.line-state')
    expect(alarms).toContain('Call all seats of the role')
    expect(alarms).toContain('Use another path')
    expect(alarms).toContain('nobody is asked for by name')
  })

  test('AC-03 a message is taken by its role in one press, and the clock stops', async () => {
    await loadKeys(1)
    await page.locator('.message-row.waits').first().click()
    expect(await text('.message .sentence')).toContain(
      'Flight safety: aircraft are closing at 34.45000° N, 40.92000° E',
    )
    await page.locator('[name="take"]').click()
    await page.locator('.message .ladder li.done', { hasText: 'taken' }).waitFor()
    const { act, signers } = line.posted[0] ?? {}
    expect(act?.kind).toBe('ack.take')
    expect(act?.body).toMatchObject({ role: 'north.duty' })
    expect(signers).toEqual(['north/duty-1'])
    await expect.poll(() => page.locator('.clock-row').count()).toBe(0)
  })

  test('nothing is signed without a key, and the page says so', async () => {
    await page.locator('.message-row.waits').first().click()
    await page.locator('[name="take"]').click()
    expect(await text('.take .outcome-line')).toContain('An officer’s key is needed to sign.')
    expect(line.posted).toEqual([])
  })

  test('AC-04 a read-back that differs is seen item by item, on both desks', async () => {
    await loadKeys(1)
    // What the other side read back of our message is one degree off, whatever it claims.
    await page.locator('.message-row.out').click()
    expect(await text('.message .ladder')).toMatch(
      /DIFFERS sent: 34\.45000° N, 40\.92000° E .*heard: 35\.45000° N, 40\.92000° E/,
    )
    expect(await text('.message .ladder')).toContain('110.')
    expect(await text('.message .ladder')).toContain('2 of 5 units, last squadron 4')
    // What we read back, in another notation.
    await page.locator('.message-row.in', { hasText: 'QUERY' }).click()
    await fill('heard-B', '34°27.000′ N, 040°55.200′ E')
    expect(await text('.message details[open] .findings-list')).toContain('B matches')
    await fill('heard-B', '34°27.000′ N, 041°55.200′ E')
    expect(await text('.message details[open] .findings-list')).toContain('B DIFFERS')
    await fill('heard-B', '34°27.000′ N, 040°55.200′ E')
    await page.locator('[name="read-back"]').click()
    await expect.poll(() => line.posted.length).toBe(1)
    expect(line.posted[0]?.act.body).toMatchObject({ match: true })
  })

  test('free text keeps its original and marks the machine translation', async () => {
    await page.locator('.message-row.in', { hasText: 'QUERY' }).click()
    const shown = await text('.message .items')
    expect(shown).toContain('original (ru); it prevails')
    expect(shown).toContain('Просим подтвердить')
    expect(shown).toContain('MACHINE TRANSLATION (en) by translator-1, not checked by a person')
  })

  test('AC-01 from alarm to a SAFETY message ready to send in three actions', async () => {
    await page.locator('[name="safety"]').click()
    await fill('where-position', '34°27.014′ N, 040°55.2′ E')
    await page.locator('[name="echo-where"]').check()
    await page.locator('.ready').waitFor()
    expect(await text('.print-form')).toContain('PRECEDENCE: FLASH')
    await loadKeys(1)
    await work('write').click()
    await page.locator('[name="send"]').click()
    await expect.poll(() => line.posted.length).toBe(1)
    expect(line.posted[0]?.act.body).toMatchObject({
      subject: 'SAFETY',
      precedence: 'FLASH',
      from: 'north.duty',
      to: 'south.duty',
      template: { id: 'safety.emergency' },
    })
  })

  test('AC-01 from a plan, with its place, height and time, a SAFETY message is ready in one action', async () => {
    await work('flights').click()
    await page.locator('[name="safety-plan"]').first().click()
    await page.locator('.ready').waitFor()
    expect(await text('.print-form')).toContain('aircraft are closing')
  })

  test('AC-01 a node that does not answer loses nothing of what was written', async () => {
    await loadKeys(1)
    await page.locator('[name="safety"]').click()
    await fill('where-position', 'MGRS 37SFU7637913725')
    await page.locator('[name="echo-where"]').check()
    await page.locator('.ready').waitFor()
    line.down = true
    await page.locator('[name="send"]').click()
    await page.locator('.compose .outcome-line.bad').waitFor()
    expect(await text('.compose .outcome-line.bad')).toContain('read the print form out by voice')
    expect(await page.locator('[name="where-position"]').inputValue()).toBe('MGRS 37SFU7637913725')
    line.down = false
    desk.forgive(/503/)
    await page.locator('[name="send"]').click()
    await expect.poll(() => line.posted.length).toBe(1)
    desk.forgive(/503/)
  })

  test('AC-04 AC-05 AC-06 no position unconfirmed, no height without unit and reference, no time without zone', async () => {
    await loadKeys(1)
    await work('write').click()
    await choose('template', 'safety.closing')
    await fill('where-position', '34.45, 40.92')
    expect(await text('.compose')).toContain('One part must carry N or S, the other E or W.')
    await fill('where-position', '34.45° N, 40.92° E')
    expect(await text('.echo-box')).toMatch(/The same point, said differently: MGRS 37S[A-Z]{2}\d{10}/)
    await fill('height-height', '120')
    await fill('when-date', '2026-11-22')
    await fill('when-time', '12:00')
    await page.locator('[name="send"]').click()
    expect(await text('.compose')).toContain('A time without its zone is not taken')
    await choose('when-zone', 'UTC')
    await choose('height-unit', 'fl')
    await choose('height-reference', 'AMSL')
    expect(await text('.compose')).toContain(
      'A flight level counts from standard pressure (STD), and nothing else does.',
    )
    await choose('height-reference', 'STD')
    await choose('zone', 'UTC')
    await page.locator('input[name="precedence"]').first().check()
    await choose('to', 'south.duty')
    await page.locator('[name="send"]').click()
    expect(await text('.compose')).toContain('Confirm each position by its echo before signing.')
    expect(line.posted).toEqual([])
    await page.locator('[name="echo-where"]').check()
    // A change after the tick takes the tick away.
    await fill('where-position', '34.46° N, 40.92° E')
    expect(await page.locator('[name="echo-where"]').isChecked()).toBe(false)
    await page.locator('[name="echo-where"]').check()
    await fill('when-time', '12:00 pm')
    expect(await page.locator('.ready').count()).toBe(0)
    await fill('when-time', '12:00')
    await page.locator('[name="send"]').click()
    await expect.poll(() => line.posted.length).toBe(1)
    expect(line.posted[0]?.act.body).toMatchObject({
      content: [
        { letter: 'A', type: 'position', datum: 'WGS84', lat_e7: 344_600_000 },
        { letter: 'B', type: 'time', zone: 'UTC' },
        { letter: 'C', type: 'altitude', value: 120, unit: 'fl', reference: 'STD' },
      ],
    })
  })

  test('AC-09 suspending takes two officers’ keys, and is resumed by two', async () => {
    await loadKeys(1)
    await work('declare').click()
    await choose('scope', 'all')
    await choose('reason', 'incident')
    await choose('safety-only', 'yes')
    await choose('suspend-from', 'now')
    await page.locator('[name="suspend"]').click()
    expect(await text('.line-work-body')).toContain('Keys of two officers are needed to sign this.')
    await loadKeys(2)
    await work('declare').click()
    await choose('scope', 'all')
    await choose('reason', 'incident')
    await choose('safety-only', 'yes')
    await choose('suspend-from', 'now')
    await page.locator('[name="suspend"]').click()
    await page.locator('[name="resume-find"]').click()
    await page.locator('[name="resume"]').click()
    await page.locator('[name="suspend"]').waitFor()
    expect(line.posted.map(({ act }) => act.kind)).toEqual(['line.suspend', 'line.resume'])
    expect(line.posted.map(({ signers }) => signers.length)).toEqual([2, 2])
  })

  test('a watch is opened, and handed over with its open items and clocks', async () => {
    await loadKeys(1)
    await work('watch').click()
    await page.locator('[name="watch-open-duty"]').click()
    await page.locator('.handover summary').click()
    expect(await text('.handover')).toMatch(/Open items: 3\. .*Clocks running here: 1\./)
    await fill('handover-notes', 'South asked about point A.')
    await page.locator('[name="watch-close"]').click()
    await expect.poll(() => line.posted.length).toBe(2)
    expect(line.posted[1]?.act.body).toMatchObject({
      role: 'north.duty',
      handover: { notes: 'South asked about point A.' },
    })
  })

  test('plans: acknowledge by one, consent by two, activate, propose citing what is overlapped', async () => {
    await loadKeys(2)
    await work('flights').click()
    await page.locator('[name="ack"]').first().click()
    await expect.poll(() => line.posted.length).toBe(1)
    await page.locator('[name="consent"]').first().click()
    await expect.poll(() => line.posted.length).toBe(2)
    await page.locator('[name="activate"]').first().click()
    await expect.poll(() => line.posted.length).toBe(3)
    expect(line.posted.map(({ act }) => act.kind)).toEqual(['intent.ack', 'intent.ack', 'intent.activate'])
    expect(line.posted[1]?.signers.length).toBe(2)
    await page.locator('.propose summary').click()
    await fill('plan-position', '34.80° N, 40.92° E')
    await page.locator('[name="plan-echo"]').check()
    await fill('radius', '8000')
    await choose('radius-unit', 'm')
    await fill('lower', '3000')
    await fill('upper', '4500')
    await choose('height-unit', 'm')
    await choose('height-reference', 'W84')
    await choose('plan-zone', 'UTC')
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    for (const [name, value] of [
      ['start-date', day],
      ['start-time', '10:00'],
      ['end-date', day],
      ['end-time', '10:30'],
      ['priority', '50'],
    ] as const)
      await fill(name, value)
    await choose('profile', 'rule-of-threes')
    await page.locator('[name="check-plan"]').click()
    expect(await text('.propose .verdict')).toContain('15 min later it meets none.')
    await page.locator('[name="propose"]').click()
    await expect.poll(() => line.posted.length).toBe(4)
    expect(line.posted[3]?.act.body).toMatchObject({ profile: 'rule-of-threes', key: [{ i: 4 }] })
  })

  test('keys: from a file, refused with the reason, forgotten; simulated ones are marked', async () => {
    await work('key').click()
    await fill('key-text', 'PRIVATE+KEY+nonsense')
    await page.locator('[name="key-use"]').click()
    expect(await text('.line-work-body')).toContain('This is no key that can be read.')
    const file = join(desk.distDir, 'officer.key')
    writeFileSync(file, `${line.skeys[0]}\n`)
    await page.locator('#line-key-file').setInputFiles(file)
    await page.locator('.keys li').waitFor()
    expect(await text('.key-chip')).toContain('Signs: north/duty-1')
    await page.locator('[name="key-drop"]').click()
    await page.locator('[name="simulated"]').click()
    await page.locator('.keys li').first().waitFor()
    expect(await text('.keys')).toContain('SIMULATED')
    expect(await text('.key-chip')).toContain('SIMULATED')
    const kept = await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
    )
    expect(kept).not.toContain('PRIVATE')
    // The demonstration answers with keys; the check at the end is about what the page sends.
    expect(line.raw.filter((request) => request.includes('PRIVATE'))).toEqual([])
  })

  test('by keyboard alone: a message is taken', async () => {
    await loadKeys(1)
    await page.locator('.message-row.waits').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('.message').waitFor()
    await page.locator('.message .close').focus()
    for (let presses = 0; presses < 6; presses++) {
      await page.keyboard.press('Tab')
      if ((await page.evaluate(() => document.activeElement?.getAttribute('name'))) === 'take') break
    }
    await page.keyboard.press('Enter')
    await expect.poll(() => line.posted.length).toBe(1)
  })

  test('several tables: one is picked', async () => {
    line.setTables(['ridge-7', 'river-2'])
    await page.reload()
    await page.locator('[data-workspace="line"]').click()
    await choose('table', 'river-2')
    await expect
      .poll(() => line.raw.some((request) => request.startsWith('GET /line/v1/tables/river-2/messages')))
      .toBe(true)
  })

  test.each(['en', 'de', 'ru', 'ar'])('AC-10 wide and at 360 pixels in %s, every pane', async (language) => {
    for (const [name, viewport] of [
      ['wide', { width: 1400, height: 900 }],
      ['narrow', { width: 360, height: 740 }],
    ] as const) {
      await page.close()
      await open(language, viewport)
      line.suspendSouth()
      const panes =
        name === 'wide'
          ? ['write', 'flights', 'watch', 'declare', 'key']
          : ['state', 'messages', 'write', 'flights', 'watch', 'declare', 'key']
      for (const pane of panes) {
        await page
          .locator(
            name === 'wide' ? `.line-work-tabs [data-pane="${pane}"]` : `.line-narrow-tabs [data-pane="${pane}"]`,
          )
          .click()
        if (pane === 'messages' || (name === 'wide' && pane === 'write'))
          await page.locator('.message-row.waits').first().click()
        if (pane === 'write') {
          await page.locator('[name="safety"]').click()
          await fill('where-position', '34.45° N, 40.92° E')
          // Coordinates stand in ASCII digits, from left to right.
          expect(await text('.echo-box')).toMatch(/MGRS 37S[A-Z]{2}\d{10}/)
        }
        const over = await page.evaluate(() => ({
          page: document.documentElement.scrollWidth - window.innerWidth,
          columns: [...document.querySelectorAll('.line-column, .line-work-body')].map(
            (each) => each.scrollWidth - each.clientWidth,
          ),
        }))
        expect(over.page, `${name} ${pane}`).toBeLessThanOrEqual(0)
        expect(Math.max(...over.columns), `${name} ${pane}: nothing reaches out`).toBeLessThanOrEqual(0)
        if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `line-${language}-${name}-${pane}.png`) })
      }
    }
  })
})
