import type { IncomingMessage, ServerResponse } from 'node:http'
import { composeMessage, type MessageDraft } from '@parley/client'
import { type Act, createSigner, formatSkey, openNote, parseAct, type Signer } from '@parley/record'

/** A stand-in for the line of a node: one table of three members, and acts that change what is told as a node would. */

type Json = Record<string, unknown>
interface Row extends Json {
  number: string
  ladder: Json[]
  state: string
  done: boolean
  clock: Json | null
}

export interface FixtureLine {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Acts that were posted, with the names of the keys that signed them. */
  readonly posted: { readonly act: Act; readonly signers: readonly string[] }[]
  /** Raw texts of the bodies that came, to look for what must never come. */
  readonly raw: string[]
  /** Keys of the officers of north, as text. */
  readonly skeys: readonly string[]
  /** Answers 503 from now on. */
  down: boolean
  /** Whether the node offers simulated officers. */
  simulated: boolean
  readonly suspendSouth: () => void
  readonly silenceSouth: () => void
  /** A step of the escalation of the FLASH falls due. */
  readonly escalate: (step: string) => void
  readonly setTables: (names: readonly string[]) => void
}

const officer = (n: number): { skey: string; signer: Signer } => {
  const secret = { name: `north/duty-${n}`, type: 0x01 as const, seed: new Uint8Array(32).fill(n) }
  return { skey: formatSkey(secret), signer: createSigner(secret) }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const HOUR = 3600
const TABLE = 'ridge-7'
const LEAF = `${'A'.repeat(43)}=`
const originOf = (party: string): string => `${TABLE}.parley/${party}/1`

export function fixtureLine(): FixtureLine {
  const officers = [officer(1), officer(2)]
  const nowS = (): number => Math.floor(Date.now() / 1000)
  const start = nowS()
  const posted: FixtureLine['posted'] = []
  const raw: string[] = []
  const streams = new Set<ServerResponse>()
  let version = 1
  let tables = [TABLE]
  let suspended = false
  let silent = false
  const dueSteps = ['seats', 'path']
  let ownSuspended: { at: number; reason: string; index: number } | null = null
  const watches: Record<string, number | null> = { duty: null, lead: null }
  const heads = { north: 12, south: 9 }

  const written = (
    party: 'north' | 'south',
    number: string,
    atS: number,
    message: Omit<MessageDraft, 'from' | 'to' | 'zone'>,
  ) => {
    const other = party === 'north' ? 'south' : 'north'
    const { body, input } = composeMessage(
      { o: originOf(party), at: atS, nextNumbers: { [other]: number } },
      { from: `${party}.duty`, to: `${other}.duty`, zone: 'Asia/Damascus', ...message },
    )
    return { body, json: input.body }
  }
  const year = new Date(start * 1000).getUTCFullYear()
  const row = (
    party: 'north' | 'south',
    nr: number,
    {
      ageS,
      dueS,
      message,
      ladder,
      state,
      done = false,
    }: {
      ageS: number
      dueS: number
      message: Omit<MessageDraft, 'from' | 'to' | 'zone'>
      ladder: [string, string, Json?][]
      state: string
      done?: boolean
    },
  ): Row => {
    const other = party === 'north' ? 'south' : 'north'
    const number = `${party}/${other}/${year}/${String(nr).padStart(4, '0')}`
    const atS = start - ageS
    const { body, json } = written(party, number, atS, message)
    const taken = ladder.find(([step]) => step === 'taken')
    return {
      number,
      direction: party === 'north' ? 'out' : 'in',
      origin: originOf(party),
      index: nr,
      leaf: LEAF,
      atS,
      learntS: atS + 1,
      effective: true,
      precedence: body.precedence,
      from: `${party}.duty`,
      to: `${other}.duty`,
      subject: body.subject,
      body: json,
      ladder: ladder.map(([step, by, detail], i) => ({
        step,
        by,
        atS: atS + i * 20,
        origin: null,
        index: null,
        ...(detail === undefined ? {} : { detail }),
      })),
      state,
      done,
      clock: {
        number,
        precedence: body.precedence,
        to: `${other}.duty`,
        dueS: start + dueS,
        stoppedS: taken === undefined ? null : atS + 40,
        escalation: [],
      },
      unknownRefs: [],
      gaps: [],
      problems: [],
    }
  }
  const machine: [string, string][] = [
    ['queued', 'south'],
    ['transmitted', 'south'],
    ['arrived', 'north'],
  ]
  const mine: [string, string][] = [
    ['queued', 'north'],
    ['transmitted', 'north'],
    ['arrived', 'south'],
  ]
  const where = { type: 'position', text: '34.45000° N, 40.92000° E', datum: 'WGS84' } as const
  const when = { type: 'time', atS: start - 120, zone: 'Asia/Damascus' } as const
  const rows: Row[] = [
    row('south', 1, {
      ageS: 5 * HOUR,
      dueS: 7 * HOUR,
      message: {
        precedence: 'ROUTINE',
        template: { id: 'test.routine', items: { count: { type: 'number', value: 7, unit: '1' } } },
      },
      ladder: [
        ...machine,
        ['opened', 'north'],
        ['taken', 'north.duty'],
        ['answered', 'north', { answer: 'concur', reason: null, reply: null }],
      ],
      state: 'answered',
      done: true,
    }),
    row('south', 3, {
      ageS: 400,
      dueS: -100,
      message: {
        precedence: 'FLASH',
        template: {
          id: 'safety.closing',
          items: { where, when, height: { type: 'altitude', value: 120, unit: 'fl', reference: 'STD' } },
        },
      },
      ladder: machine,
      state: 'arrived',
    }),
    row('south', 4, {
      ageS: 200,
      dueS: 1600,
      message: {
        precedence: 'PRIORITY',
        subject: 'QUERY',
        items: [
          {
            type: 'text',
            lang: 'ru',
            text: 'Просим подтвердить, что колонна прошла пункт A.',
            translations: [
              {
                lang: 'en',
                by: 'translator-1',
                atS: start - 150,
                status: 'machine',
                text: 'Please confirm that the convoy has passed point A.',
              },
            ],
          },
          where,
        ],
        remarks: 'See the map sheet.',
      },
      ladder: [...machine, ['opened', 'north'], ['taken', 'north.duty']],
      state: 'taken',
    }),
    row('north', 1, {
      ageS: 900,
      dueS: 900,
      message: { precedence: 'PRIORITY', template: { id: 'query.whose', items: { where, when } } },
      ladder: [
        ...mine,
        ['opened', 'south'],
        ['taken', 'south.duty'],
        ['read-back', 'south', { match: true, items: [{ letter: 'A', text: '35.45000° N, 40.92000° E' }] }],
        ['relayed', 'south', { unit: 'squadron 4', count: 2, of: 5 }],
      ],
      state: 'taken',
    }),
  ]
  const gaps = [`south/north/${year}/0002`]
  const flash = rows[1]
  if (flash === undefined) throw new Error('the fixture has no FLASH')
  flash['gaps'] = gaps

  const measured = (kind: string, ageS: number | null, reasons: string[] = []): Json => ({
    kind,
    reasons,
    sinceS: start - 2 * HOUR,
    ageS,
  })
  const declared = (party: string, kind: string, more: Json = {}): Json => ({
    kind,
    sinceS: start - 26 * HOUR,
    by: party,
    reason: null,
    scope: null,
    untilS: null,
    safetyOnly: false,
    learntS: start - 26 * HOUR,
    act: { origin: originOf(party), index: 1 },
    ...more,
  })
  const southDeclared = (): Json =>
    suspended
      ? declared('south', 'suspended', {
          sinceS: start - 600,
          reason: 'political-decision',
          scope: 'all',
          untilS: null,
          safetyOnly: true,
          learntS: start - 590,
          act: { origin: originOf('south'), index: 8 },
        })
      : declared('south', 'open')
  const northDeclared = (): Json =>
    ownSuspended === null
      ? declared('north', 'open')
      : declared('north', 'suspended', {
          sinceS: ownSuspended.at,
          reason: ownSuspended.reason,
          scope: 'all',
          safetyOnly: true,
          act: { origin: originOf('north'), index: ownSuspended.index },
        })
  const gap = (agoS: number, lengthS: number): Json => ({
    fromS: start - agoS,
    untilS: start - agoS + lengthS,
    lengthS,
  })
  const availability = (party: string): Json[] =>
    (['day', 'week', 'month'] as const).flatMap((period) =>
      (['to', 'from'] as const).map((direction) => ({
        period,
        party,
        direction,
        share: direction === 'to' ? 0.9941 : 1,
        observedS: period === 'day' ? 86_400 : 3 * 86_400,
        gaps: direction === 'to' ? [gap(8 * HOUR, 510), gap(2 * HOUR, 120)] : [],
      })),
    )
  const link = (more: Json = {}): Json => ({
    address: 'https://198.51.100.7:8443',
    relay: false,
    state: 'current',
    receivedByThem: heads.north,
    backlog: 0,
    backlogBytes: 0,
    heldHere: heads.south,
    clockOffsetS: 0,
    alarm: null,
    ...more,
  })

  const state = (table: string): Json => ({
    table,
    party: 'north',
    phase: 'open',
    worst: 'degraded',
    nowS: nowS(),
    version,
    charter: { version: 1, sha256: 'ab'.repeat(32) },
    digest: null,
    parties: [
      {
        party: 'north',
        own: true,
        role: 'party',
        title: { en: 'North', de: 'Norden', ru: 'Север', ar: 'الشمال' },
        roles: ['duty', 'lead'],
        origin: originOf('north'),
        size: heads.north,
        declared: northDeclared(),
        measured: null,
        link: null,
        watches: Object.entries(watches).map(([role, openSinceS]) => ({ role, open: openSinceS !== null, openSinceS })),
      },
      {
        party: 'south',
        own: false,
        role: 'party',
        title: { en: 'South', de: 'Süden', ru: 'Юг', ar: 'الجنوب' },
        roles: ['duty', 'lead'],
        origin: originOf('south'),
        size: heads.south,
        declared: southDeclared(),
        suspensions: [
          {
            sinceS: start - 40 * HOUR,
            untilS: null,
            reason: 'incident',
            scope: 'flights',
            safetyOnly: false,
            learntS: start - 40 * HOUR + 4,
            act: { origin: originOf('south'), index: 3, leaf: LEAF },
            resumedS: start - 30 * HOUR,
            resumedLearntS: start - 30 * HOUR,
          },
        ],
        measured: {
          to: measured('open', 1.4),
          from: silent ? measured('silent', 95) : measured('degraded', 7.2, ['age', 'clock']),
        },
        link: link({ backlog: 2, clockOffsetS: 4 }),
        watches: [
          { role: 'duty', open: true, openSinceS: start - 3 * HOUR },
          { role: 'lead', open: false, openSinceS: null },
        ],
      },
      {
        party: 'observer',
        own: false,
        role: 'observer',
        title: { en: 'Observer', de: 'Beobachter', ru: 'Наблюдатель', ar: 'المراقب' },
        roles: [],
        origin: originOf('observer'),
        size: 2,
        declared: declared('observer', 'open'),
        measured: { to: measured('silent', 310), from: measured('silent', 310) },
        link: link({ state: 'unreachable' }),
        watches: [],
      },
    ],
    clocks: rows
      .filter(({ clock, state }) => clock?.['stoppedS'] === null && state !== 'closed')
      .map(({ clock }) => clock),
    availability: [...availability('south'), ...availability('observer')],
    gaps,
    forks: [],
    halted: null,
    protests: [
      {
        origin: originOf('north'),
        accused: 'south',
        size: 11,
        witnesses: ['observer'],
        availableS: start - 1200,
        dueS: start - 300,
      },
    ],
    digests: [
      { party: 'north', verdict: 'agrees', origin: originOf('north'), index: 10 },
      { party: 'south', verdict: 'differs', origin: originOf('south'), index: 7 },
    ],
    tests: [
      { party: 'south', fromS: start - 1800, dueS: start - 1500, state: 'missed', number: null, late: false },
      {
        party: 'north',
        fromS: start - 5400,
        dueS: start - 5100,
        state: 'answered',
        number: `north/south/${year}/0001`,
        late: false,
      },
    ],
  })

  const volume = (lat: number, startS: number): Json => ({
    outline: { kind: 'circle', centre: { latDeg: lat, lngDeg: 40.92 }, radiusM: 8000 },
    altitudeLowerM: 3000,
    altitudeUpperM: 4500,
    startMs: startS * 1000,
    endMs: (startS + 1800) * 1000,
  })
  const hourS = Math.ceil(start / HOUR) * HOUR
  const intent = (party: string, i: number, intentState: string, acks: Json[], conflicts: Json[] = []): Json => ({
    ref: { o: originOf(party), i, h: LEAF },
    party,
    body: {
      id: `${i}`.padStart(32, 'a'),
      volumes: [volume(34.4 + i / 10, hourS + i * 600)],
      priority: 50,
      profile: 'rule-of-threes',
      key: [],
    },
    atS: start - i * 60,
    state: intentState,
    acks,
    missing: [],
    conflicts,
    actedEarly: null,
  })
  const noAck = (party: string): Json => ({ party, act: null, atS: null, consent: false, fault: null })
  const acked = (party: string): Json => ({
    party,
    act: { o: originOf(party), i: 7, h: LEAF },
    atS: start - 90,
    consent: false,
    fault: null,
  })
  const intents = (): Json[] => [
    intent('south', 4, 'proposed', [noAck('north')]),
    intent(
      'south',
      5,
      'proposed',
      [noAck('north')],
      [{ with: { o: originOf('north'), i: 6, h: LEAF }, party: 'north', kind: 'cites', winner: null }],
    ),
    intent('north', 6, 'accepted', [acked('south')]),
    intent('north', 7, 'active', [acked('south')]),
  ]

  const ref = (party: string, i: number): Json => ({ o: originOf(party), i, h: LEAF })
  let lifted: number | null = null
  const areas = (): Json[] => [
    {
      ref: ref('south', 6),
      party: 'south',
      body: { id: 'hill-3', title: 'Hill 3', volumes: [volume(34.6, hourS)], callBeforeS: 900 },
      atS: start - 3 * HOUR,
      liftedS: null,
    },
    {
      ref: ref('north', 3),
      party: 'north',
      body: { id: 'ford-1', title: 'Ford 1', volumes: [volume(34.2, hourS)], callBeforeS: 600 },
      atS: start - 2 * HOUR,
      liftedS: lifted,
    },
  ]
  const borders = (): Json[] => [
    {
      body: {
        id: 'river',
        version: 2,
        title: 'River',
        vertices: [
          { latDeg: 34.9, lngDeg: 40.5 },
          { latDeg: 34.5, lngDeg: 40.9 },
          { latDeg: 34.2, lngDeg: 41.1 },
        ],
        toleranceM: 500,
        left: 'north',
        right: 'south',
      },
      agreed: [{ party: 'south', ref: ref('south', 5), atS: start - HOUR }],
      inForce: false,
      superseded: false,
    },
  ]

  const tell = (event: string, data: unknown): void => {
    version += 1
    for (const stream of streams) stream.write(`event: ${event}\nid: ${version}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** What an act does to what is told next. */
  function follow(act: Act, index: number): void {
    const message = rows.find(({ number }) => number === act.body['number'])
    const step = (name: string, by: string, detail?: Json): void => {
      if (message === undefined) return
      message.ladder.push({
        step: name,
        by,
        atS: act.at,
        origin: act.o,
        index,
        ...(detail === undefined ? {} : { detail }),
      })
      message.state = name
    }
    switch (act.kind) {
      case 'ack.take':
        step('taken', textOf(act.body['role']))
        if (message?.clock) message.clock['stoppedS'] = act.at
        break
      case 'ack.readback':
        step('read-back', 'north', { items: act.body['items'], match: act.body['match'] })
        break
      case 'ack.answer':
        step('answered', 'north', { answer: act.body['answer'], reason: null, reply: null })
        if (message !== undefined) message.done = message.ladder.some((one) => one['step'] === 'read-back')
        break
      case 'watch.open':
        watches[textOf(act.body['role']).split('.')[1] ?? ''] = act.at
        break
      case 'watch.close':
        watches[textOf(act.body['role']).split('.')[1] ?? ''] = null
        break
      case 'line.suspend':
        ownSuspended = { at: act.at, reason: textOf(act.body['reason']), index }
        break
      case 'line.resume':
        ownSuspended = null
        break
      case 'area.lift':
        lifted = act.at
        tell('flight', {})
        break
    }
    tell('state', state(act.table))
    if (message !== undefined) tell('message', message)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fixture')
    let text = ''
    for await (const piece of request) text += String(piece)
    raw.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${text}`)
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (fixture.down) return json(503, { code: 'overloaded', message: 'The node is busy.' })
    const path = pathname.slice('/line/v1'.length)
    if (path === '')
      return json(200, {
        party: 'north',
        address: null,
        tlsPin: null,
        relays: [],
        tables: tables.map((table) => ({
          table,
          party: 'north',
          phase: 'open',
          worst: 'open',
          parties: ['north', 'south', 'observer'],
        })),
      })
    if (path === '/simulated-officers')
      return fixture.simulated
        ? json(200, {
            simulated: true,
            table: TABLE,
            party: 'north',
            officers: officers.map(({ skey }, i) => ({ person: `duty-${i + 1}`, skey })),
          })
        : json(404, { code: 'not-found', message: 'no simulated officers' })
    const [, table, rest] = /^\/tables\/([^/]+)(.*)$/.exec(path) ?? []
    if (table === undefined || !tables.includes(table))
      return json(404, { code: 'not-found', message: `no table ${path}` })
    switch (rest) {
      case '':
        return json(200, state(table))
      case '/messages': {
        const after = Number(searchParams.get('after') ?? 0)
        const waits = flash.clock?.['stoppedS'] === null
        return json(200, {
          table,
          version,
          total: rows.length,
          messages: rows.slice(after),
          gaps,
          dueEscalations: waits ? [{ ...flash.clock, escalation: [...dueSteps] }] : [],
        })
      }
      case '/flights':
        return json(200, { table, version, intents: intents(), areas: areas(), borders: borders() })
      case '/joining':
        return json(200, {
          table,
          party: 'north',
          phase: 'open',
          keys: { log: '', mirrors: [], witnesses: [], tls: [] },
          enrolment: null,
          enrolmentMissing: [],
          invitation: null,
          peers: [],
          charter: null,
          next: 'nothing',
        })
      case '/draft':
        return json(200, {
          table,
          party: 'north',
          o: originOf('north'),
          at: nowS(),
          seen: [{ o: originOf('south'), n: heads.south, r: LEAF }],
          head: heads.north,
          nextNumbers: { south: `north/south/${year}/0002`, observer: `north/observer/${year}/0001` },
          charter: { version: 1, sha256: 'ab'.repeat(32) },
          digest: null,
        })
      case '/acts': {
        if (request.method === 'GET')
          return json(200, {
            origin: originOf('north'),
            from: 0,
            size: heads.north,
            acts: [
              {
                origin: searchParams.get('origin') ?? originOf('north'),
                index: Number(searchParams.get('from')),
                leaf: LEAF,
                binding: 'pending',
                waitsFor: ['observer/witness'],
              },
            ],
          })
        const note = new TextEncoder().encode(text)
        const { act } = parseAct(note)
        const { verified } = openNote(
          note,
          officers.map(({ signer }) => signer.key),
        )
        posted.push({ act, signers: verified.map(({ name }) => name) })
        const index = heads.north++
        json(201, { origin: originOf('north'), index, leaf: LEAF, repeated: false })
        follow(act, index)
        return
      }
      case '/check':
        return json(200, {
          verdict: 'blocked',
          conflicts: [intent('south', 4, 'proposed', [])],
          key: [{ o: originOf('south'), i: 4, h: LEAF }],
          clearing: { laterS: 900, upM: 1500 },
        })
      case '/events':
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
        response.write(`event: state\nid: ${version}\ndata: ${JSON.stringify(state(table))}\n\n`)
        streams.add(response)
        response.on('close', () => streams.delete(response))
        return
      default:
        return json(404, { code: 'not-found', message: `nothing at ${path}` })
    }
  }

  const fixture = {
    handle,
    posted,
    raw,
    skeys: officers.map(({ skey }) => skey),
    down: false,
    simulated: true,
    suspendSouth: () => {
      suspended = true
      tell('state', state(TABLE))
    },
    silenceSouth: () => {
      silent = true
      tell('state', state(TABLE))
    },
    escalate: (step: string) => {
      dueSteps.push(step)
      tell('message', flash)
    },
    setTables: (names: readonly string[]) => {
      tables = [...names]
    },
  }
  return fixture
}
